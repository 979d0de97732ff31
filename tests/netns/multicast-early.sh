#!/usr/bin/env bash
# Receivers that are there before their edge, on a TAP that stays, and whose edge is restarted under them; with old
# versions of IGMP and MLD.
. "${0%/*}/lib.sh"
netns_enter "$@"

EDGE=(-l 192.168.77.1 -n 224.0.0.0/4)
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24 d=192.168.77.14/24
start_supernode sn
edges a -- "${EDGE[@]}"

# A host of IGMPv1 takes up to ten seconds to answer.
late_member() { wait_for 15 group_known "$@"; }

GROUP=239.30.30.30
version() { on "$1" sh -c "echo $3 >/proc/sys/net/ipv$2/conf/edge0/force_${4}_version"; }
tap_stays() { ip -n "$1" tuntap add edge0 mode tap && ip -n "$1" link set edge0 up; }
edges_start() { edges b c d -- "${EDGE[@]}"; }
arrives_once() {
	on a mcping send $GROUP -i edge0 -c 20 -r 200 -e 3 &&
		on a mcping send '[ff15::1:30]' -i edge0 -c 20 -r 200 -e 2
}

for ns in b c d; do check "a TAP that stays, on $ns" tap_stays $ns; done
version b 4 1 igmp
version b 6 1 mld
version c 4 2 igmp
version c 6 2 mld
for ns in b c d; do ip -n $ns address add "$(overlay_of $ns)/24" dev edge0; done
for ns in b c d; do check "$ns joins without an edge" joins $ns mcping $GROUP edge0; done
for ns in b c; do joins $ns six '[ff15::1:30]' edge0; done
check "edges start" edges_start
check "the members are known, of IGMPv1, v2 and v3" late_member 01:00:5e:1e:1e:1e b c d
check "of MLDv1 and v2" late_member 33:33:00:01:00:30 b c
check "each datagram once" arrives_once
for ns in b c d; do stop $ns edge KILL; done
check "edges restarted under their receivers" edges_start
check "the members are known again" late_member 01:00:5e:1e:1e:1e b c d
check "of MLDv1 and v2" late_member 33:33:00:01:00:30 b c
check "each datagram once" arrives_once
finish
