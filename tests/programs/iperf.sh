#!/usr/bin/env bash
# iperf 2: 2000 a second to a group of IPv4 and of IPv6, all received, none out of order or twice.
. "${0%/*}/lib.sh"
needs iperf iperf

got_all() { log_has $1.iperf ' 0/ *[1-9][0-9]+ \(0%\)'; }
measured() {
	local ns group=$1 mac=$2
	shift 2
	for ns in b c; do spawn_anew $ns iperf iperf -s -u -l 200 -B "$group%edge0" "$@"; done
	expect "$group: both have joined" wants $mac b c
	expect "$group: their edges are members" member $mac b c
	count_from $mac
	expect "$group: a sends" on a iperf -c "$group" -u -T 2 -b 2000pps -l 200 -t 0.5 "$@"
	expect "$group: a sends to two" sends_to $mac a 2
	for ns in b c; do expect "$group: $ns got all" wait_for 5 got_all $ns; done
	expect "$group: each once" each_once $mac 900 b c
	stops iperf b c
}
both() {
	local ns
	# The kernel has ff00::/8 in its table local for each interface, and takes the first.
	for ns in a b c; do ip -n $ns -6 route replace multicast ff15::/16 dev edge0 table local; done
	measured 239.55.9.1 01:00:5e:37:09:01
	measured ff15::9:1 33:33:00:09:00:01 -V
}

in_modes both
finish
