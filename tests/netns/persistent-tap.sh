#!/usr/bin/env bash
# A TAP that was there before the edge: what its administrator has set is there again afterwards, however the edge ended.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn
edges b -- -l 192.168.77.1

MAC=02:00:00:00:00:77
anew() {
	ip -n a link del edge0 2>/dev/null
	ip -n a tuntap add edge0 mode tap
	ip -n a link set edge0 address $MAC mtu 1300 txqueuelen 321
}
looks() { ip -n a -o link show edge0 | sed 's/ qdisc [a-z_]*//; s/NO-CARRIER,\|state [A-Z]* //g; s/ state [A-Z]*//'; ip -n a -o -4 address show dev edge0 | sed 's/ *valid_lft.*//'; }
as_before() { looks >$T/after; diff $T/before $T/after; }

for state in down up; do
	anew
	ip -n a link set edge0 $state
	[ $state = down ] || ip -n a address add 10.9.9.1/24 dev edge0
	looks >$T/before
	start_edge a -l 192.168.77.1 -c net -a 10.9.9.1 -m 02:00:00:00:00:01 -M 1350 -n 10.77.0.0/16
	check "a device that was $state: registered" wait_for 10 registered a
	check "it has the edge's MAC and MTU" test "$(mac_of a) $(mtu_of a)" = "02:00:00:00:00:01 1350"
	check "ping" reaches a 10.9.9.2
	stop a edge
	check "a device that was $state: it is as it was before" as_before
done

# What the administrator changes meanwhile stays.
anew
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
wait_for 10 registered a
ip -n a link set edge0 txqueuelen 55
ip -n a address add 10.99.0.1/24 dev edge0
stop a edge
check "a queue length set meanwhile stays" grep -q 'qlen 55' <(looks)
check "an address added meanwhile stays" grep -q '10.99.0.1/24' <(looks)
check "that of the edge does not" not grep -q '10.9.9.1' <(looks)

# Failed starts: at the route, after everything else was set.
for options in "-n 10.1.0.0/16:172.31.0.1" "-a 192.168.77.11/24"; do
	anew
	looks >$T/before
	# shellcheck disable=SC2086
	check "edge $options: refused" not on a edge -f -l 192.168.77.1 -c net -a 10.9.9.1 $options
	check "and nothing was changed" as_before
done

# After kill -9 nobody puts anything back; the next edge takes what it finds for what was there.
anew
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
stop a edge KILL
looks >$T/before
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
check "kill -9, then another: registered" wait_for 10 registered a
stop a edge
check "what was found stays" as_before
finish
