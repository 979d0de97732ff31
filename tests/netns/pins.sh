#!/usr/bin/env bash
# -n over the network of the supernode: a route of its own keeps that reachable, is never taken away for a moment, and
# does not outlive the edge.
. "${0%/*}/lib.sh"
netns_enter "$@"

# a - r1 and r2 - sn: two gateways to the supernode's network.
lan near a=10.1.0.11/24 r1=10.1.0.1/24 r2=10.1.0.2/24
lan far sn=10.2.0.1/24 r1=10.2.0.251/24 r2=10.2.0.252/24 b=10.2.0.12/24
router r1
router r2
gateway sn 10.2.0.251
ip -n sn route add 10.1.0.11 via 10.2.0.251
gateway a 10.1.0.1
start_supernode sn
edges b -- -l 10.2.0.1
EDGE=(-l 10.2.0.1 -c net -n 10.2.0.0/16)

ours() { ip -n a route show proto 203 "$@"; }
pin_is() { ours "$1" | grep -qE "^$1 via $2 dev eth0" || { ip -n a route; return 1; }; }
none_left() { [ -z "$(ours)" ] || { ours; return 1; }; }

spawn a routes ip -o monitor route
start_edge a "${EDGE[@]}" -a 10.9.9.1
check "registered past its own route" wait_for 10 registered a
check "the supernode has a route by its gateway" wait_for 5 pin_is 10.2.0.1 10.1.0.1
check "the route of -n is ours too" ours 10.2.0.0/16
check "ping" reaches a 10.9.9.2

# Changes that have nothing to do with it.
forget_news() { ip -n a route add 192.0.2.77 via 10.1.0.1 && wait_for 5 log_has a.routes '192\.0\.2\.77' && : >$T/a.routes.log; }
check "a quiet moment" wait_for 5 forget_news
for i in 1 2 3; do
	ip -n a link add "dummy$i" type bridge
	ip -n a link set "dummy$i" up
	ip -n a address add "198.51.100.$i/32" dev "dummy$i"
	ip -n a route add "203.0.113.$i" via 10.1.0.1
	wait_for 1 false
done
untouched() { ! grep -E '10\.2\.0\.0/16|10\.2\.0\.1 ' $T/a.routes.log; }
check "links and routes of others come: nothing of ours moves" untouched
check "still there" pin_is 10.2.0.1 10.1.0.1

ip -n a route replace default via 10.1.0.2
ip -n sn route replace 10.1.0.11 via 10.2.0.252
ip -n r1 link set eth0 down
check "another gateway: the route follows" wait_for 5 pin_is 10.2.0.1 10.1.0.2
check "and was never missing" bash -c "! grep -E '^Deleted.*10.2.0.(0/16|1 )' $T/a.routes.log"
check "ping by the other gateway" reaches a 10.9.9.2
check "registered" wait_for 10 registered a

# kill -9, then the gateway is another one: what was left behind must not keep the edge out.
stop a edge KILL
check "kill -9 leaves the route" pin_is 10.2.0.1 10.1.0.2
ip -n r1 link set eth0 up
ip -n r1 route replace 10.1.0.0/24 dev eth0
ip -n r2 link set eth0 down
ip -n a route replace default via 10.1.0.1
ip -n sn route replace 10.1.0.11 via 10.2.0.251
start_edge a "${EDGE[@]}" -a 10.9.9.1
check "started again: it is removed, and told" log_has a.edge 'removed 1 route that an edge left behind'
check "registered by the new gateway" wait_for 10 registered a
check "the route is the new one" pin_is 10.2.0.1 10.1.0.1
stop a edge KILL
start_edge a "${EDGE[@]}" -a 10.9.9.1 -d other0
check "what a device left that is gone is removed too" test "$(ours 10.2.0.1 | wc -l)" = 1

# A second edge on the host has a route of its own, and neither takes the other's away.
spawn a second edge -f -v -l 10.2.0.1 -c net -n 10.2.0.0/17 -a 10.8.8.1/24 -d edge5
two() { [ "$(ours 10.2.0.1 | wc -l)" = 2 ]; }
check "a second edge has a route of its own" wait_for 5 two
stop a second
check "a second edge comes and goes: the first keeps its route" pin_is 10.2.0.1 10.1.0.1
check "SIGTERM" stop a edge
check "nothing is left" none_left

for signal in INT QUIT USR1 USR2 ALRM PROF ABRT SEGV BUS RTMIN; do
	start_edge a "${EDGE[@]}" -a 10.9.9.1
	wait_for 5 pin_is 10.2.0.1 10.1.0.1 || fail "SIG$signal: no route at first"
	stop a edge $signal
	check "SIG$signal leaves nothing" none_left
done

ip -n a route add blackhole 10.3.0.0/16
spawn_anew a edge edge -f -l 10.2.0.1 -c net -a 10.9.9.1 -n 10.3.0.0/16
wait "$(pid_of a edge)"
check "-n into a blackhole says so" log_has a.edge '^.*-n 10\.3\.0\.0/16: there is a route of another kind already \(blackhole'
finish
