#!/usr/bin/env bash
# conntrackd: a's connections are in b's and c's external caches, carried by multicast.
. "${0%/*}/lib.sh"
needs "conntrackd nftables" conntrackd nft

SYNC=01:00:5e:37:0a:01
sync_on() {
	cat >$T/$1.conntrackd.conf <<-CONF
	Sync {
		Mode NOTRACK { CommitTimeout 60 }
		Multicast {
			IPv4_address 239.55.10.1
			Group 3780
			IPv4_interface $(overlay_of $1)
			Interface edge0
			Checksum on
		}
	}
	General {
		HashSize 1024
		HashLimit 4096
		LockFile $T/$1.conntrackd.lock
		UNIX { Path $T/$1.conntrackd.ctl }
	}
	CONF
	spawn_anew $1 conntrackd conntrackd -C $T/$1.conntrackd.conf
	wait_for 5 test -S $T/$1.conntrackd.ctl
}
knows() { on $1 conntrackd -C $T/$1.conntrackd.conf -e | grep 'src=10.9.9.1 dst=10.9.9.2 .*dport=4711'; }
connection() { on a bash -c 'echo >/dev/udp/10.9.9.2/4711'; }

synchronize() {
	local ns
	for ns in a b c; do
		on $ns nft 'table ip t { chain c { type filter hook output priority 0; ct state new accept; }; }' ||
			{ skip "$MODE: conntrackd" "this kernel tracks no connections"; return; }
		expect "conntrackd starts on $ns" sync_on $ns
	done
	expect "all have joined" wants $SYNC a b c
	expect "they are members" member $SYNC a b c
	connection
	for ns in b c; do expect "$ns knows a's connection" wait_for 15 knows $ns; done
	expect "a sends to two" sends_to $SYNC a 2
	stops conntrackd a b c
	for ns in a b c; do on $ns nft delete table ip t; done
}

in_modes synchronize
finish
