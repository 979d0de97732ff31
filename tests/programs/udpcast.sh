#!/usr/bin/env bash
# udpcast: one file to two receivers, found by broadcast, carried by multicast.
. "${0%/*}/lib.sh"
needs udpcast udp-sender udp-receiver

udpcast() {
	local ns
	file_of 3000000
	for ns in b c; do spawn_anew $ns udpcast udp-receiver --interface edge0 --nokbd --file $T/$ns.file; done
	expect "a sends to two receivers" on a timeout 30 udp-sender --interface edge0 --nokbd --min-receivers 2 \
		--max-wait 20 --file $T/file
	for ns in b c; do expect "the receiver on $ns ends well" wait "$(pid_of $ns udpcast)"; done
	expect "both got the file" got_file b c
}

in_modes udpcast
finish
