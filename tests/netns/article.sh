#!/usr/bin/env bash
# The article's commands, typed exactly: supernode, two edges, the multicast route, iperf.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
name 192.168.77.1 n2na1

ifconfig_shows() {
	on "$1" ifconfig edge0 >$T/ifconfig
	cat $T/ifconfig
	grep -q "inet $2 *netmask 255.255.255.0 *broadcast 10.9.9.255" $T/ifconfig && grep -q 'UP,.*RUNNING.*MULTICAST.* mtu '"$USUAL_MTU" $T/ifconfig
}

# As an iperf server: what came in one second, and nothing lost in all.
iperf_lost_nothing() {
	wait_for 15 log_has "$1.iperf" ' 0\.0+-(9|10)\.[0-9]+ +sec .* 0/ *[0-9]+ +\(0(\.0)?%\)'
	tail -n 5 "$T/$1.iperf.log"
	log_has "$1.iperf" ' 0\.0+-(9|10)\.[0-9]+ +sec .* 0/ *[0-9]+ +\(0(\.0)?%\)'
}

check "supernode -l 1200" on sn supernode -l 1200
check "edge -l n2na1:1200 -c Intershop -a 10.9.9.1 -E" on a edge -l n2na1:1200 -c Intershop -a 10.9.9.1 -E
check "edge -l n2na1:1200 -c Intershop -a 10.9.9.2 -E" on b edge -l n2na1:1200 -c Intershop -a 10.9.9.2 -E

if has ifconfig && has route; then
	check "ifconfig edge0 shows it on a" ifconfig_shows a 10.9.9.1
	check "ifconfig edge0 shows it on b" ifconfig_shows b 10.9.9.2
	check "route add -net 224.0.0.0 on a" on a route add -net 224.0.0.0 netmask 240.0.0.0 dev edge0
	check "route add -net 224.0.0.0 on b" on b route add -net 224.0.0.0 netmask 240.0.0.0 dev edge0
else
	skip "ifconfig and route" "net-tools are missing"
	for ns in a b; do ip -n $ns route add 224.0.0.0/4 dev edge0; done
fi
check "ping from a to b" reaches a 10.9.9.2
check "ping from b to a" reaches b 10.9.9.1

if has iperf; then
	spawn b iperf stdbuf -oL iperf -s -u -B 239.10.10.10 -i 1
	wait_for 5 log_has b.iperf 'Server listening'
	check "iperf -c 239.10.10.10 -u -b 50K -T 5" on a iperf -c 239.10.10.10 -u -b 50K -T 5
	check "iperf -s -u -B 239.10.10.10 -i 1 got everything" iperf_lost_nothing b
	stop b iperf
else
	skip "iperf" "iperf is missing"
fi

mcast_listen a
check "multicast from b to a" mcast_arrives b 20 1
stop a mcast

# The article's rc.local has no -E; after a reboot multicast must work all the same.
check "edges end on SIGTERM" stop_background a edge
check "edge0 is gone with its edge" not ip -n a link show dev edge0
check "rc.local line without -E" on a edge -l n2na1:1200 -c Intershop -a 10.9.9.1
check "route again, without sleep" ip -n a route add 224.0.0.0/4 dev edge0
all_registered a
mcast_listen b
check "multicast without -E" mcast_arrives a 20 1
finish
