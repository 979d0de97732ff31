#!/usr/bin/env bash
# 200 edges on one supernode: all register, and a multicast datagram reaches every other.
. "${0%/*}/lib.sh"
netns_enter "$@"

EDGES=200
lan vpc sn=10.77.0.1/16
start_supernode sn
quiet() { on "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'; }

start_all() {
	local i
	for i in $(seq $EDGES); do
		hosts e$i
		quiet e$i 2>/dev/null
		lan_join vpc e$i 10.77.1.$i/16
		on e$i edge -l 10.77.0.1 -c net -a 10.9.9.$i/24 || return
	done
}
all_there() { [ "$(counter "$(supernode_json sn)" edges_n)" = $EDGES ]; }

check "$EDGES edges start" start_all
check "all are registered" wait_for 20 all_there
for i in $(seq 2 $EDGES); do spawn e$i mcast mcast listen $GROUP edge0; done
for i in $(seq 2 $EDGES); do wait_for 5 log_has e$i.mcast listening; done
check "multicast from the first reaches all, once" on e1 mcast send $GROUP edge0 3 500 -r $((EDGES - 1))
check "ping from the first to the last" reaches e1 10.9.9.$EDGES
check "ping between others" reaches e57 10.9.9.123
stop sn supernode KILL
start_supernode sn
check "supernode restarted: all are back within 5 s" wait_for 5 all_there
check "multicast reaches all again" wait_for 10 on e1 mcast send $GROUP edge0 1 0 -r $((EDGES - 1))
finish
