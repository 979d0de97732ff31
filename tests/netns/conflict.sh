#!/usr/bin/env bash
# Two edges with one address or one MAC: the second is told clearly, the first does not notice; and when the
# first is gone, the second gets in.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
MAC=02:00:00:00:00:0a

refused_again() { [ "$(counter "$(supernode_json sn)" naks)" -ge $((naks + 2)) ]; }

# quarrel WHAT REGEX OPTIONS...: a and c run, b comes with these options and is told REGEX.
quarrel() {
	local what=$1 told=$2
	: >$T/b.edge.log
	edges a -- -l 192.168.77.1 -m $MAC
	edges c -- -l 192.168.77.1
	reaches c 10.9.9.1
	spawn c pings ping -n -i 0.1 10.9.9.1
	wait_for 5 log_has c.pings 'icmp_seq=2 '
	naks=$(counter "$(supernode_json sn)" naks)
	spawn b edge edge -f -v -l 192.168.77.1 -c net "${@:3}"
	check "$what: the second is told" wait_for 8 log_has b.edge "$told.*in use"
	check "$what: and not registered" not registered b
	check "$what: it asks again and is refused again" wait_for 10 refused_again
	stop c pings INT
	check "$what: the first loses nothing" log_has c.pings ' 0% packet loss'
	check "$what: the first is still registered" registered a
	rm $T/c.pings.log
}

quarrel "same address" '10\.9\.9\.1' -a 10.9.9.1
stop_edges a
check "same address: the first ends, the second gets in within 5 s" wait_for 5 registered b
check "same address: and is reached" reaches c 10.9.9.1
stop_edges b c

quarrel "same MAC" $MAC -a 10.9.9.7 -m $MAC
stop a edge KILL
check "same MAC: the first is killed, the second gets in within 8 s" wait_for 8 registered b
check "same MAC: and is reached" reaches c 10.9.9.7
stop_edges b c

quarrel "same MAC and address" $MAC -a 10.9.9.1 -m $MAC
stop_edges a b c

# A MAC that nobody asked for is drawn again instead.
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
made_up=$(mac_of a)
stop_edges a
edges c -- -l 192.168.77.1 -m "$made_up"
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
check "a made-up MAC that somebody has: another is drawn" wait_for 8 registered a
check "which is on the TAP" test "$(mac_of a)" != "$made_up"
check "and works" reaches c 10.9.9.1
finish
