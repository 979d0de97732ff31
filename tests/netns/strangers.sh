#!/usr/bin/env bash
# Somebody who is no member says that he is one, and answers whatever he is asked: he gets no frame, no path and no place,
# and no more bytes than he has sent.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
lan_multicast vpc
start_supernode sn

# claims WHAT MS: c says to a's edge that it is b's, while b's pings, or a's, go on.
claims() {
	on c claim 192.168.77.11 5001 net "$2" "$(mac_of a)" "$1" >$T/claim.log && read -r _ sent _ got _ packets <$T/claim.log
}
as_b() { claims "$1" "$(mac_of b)"; }
no_more_than_sent() { [ "$got" -le "$sent" ]; }
no_frames() { [ "$packets" = 0 ]; }
lost_none() { grep -q ', 0% packet loss' $T/a.ping.log; }
pings() {
	rm -f $T/a.ping.log
	spawn a ping ping -n -i 0.1 -c "$1" -W 2 10.9.9.2
}
not_by_c() { ! on a edge status | grep -F 192.168.77.13; }

play() {
	check "$1: c has his say" as_b 5000
	check "$1: no answer that is longer than the question" no_more_than_sent
	check "$1: no frame for b comes to c" no_frames
	wait "$(pid_of a ping)"
	check "$1: no ping is lost" lost_none
	check "$1: c has no path" not_by_c
}

edges a -- -l 192.168.77.1 -p 5001
edges b -- -l 192.168.77.1
check "a and b: direct" becomes_direct a b
pings 50
play "a direct path"
check "still direct" path_is a b direct

stop_edges b
edges b -- -l 192.168.77.1 -S1
relayed_now() { ping_once a 10.9.9.2 && path_is a b relayed; }
check "b is relayed" wait_for 20 relayed_now
pings 50
play "a relayed peer"
check "still relayed" path_is a b relayed

# An idle path: nothing has been heard of b for some seconds when c comes.
stop_edges b
edges b -- -l 192.168.77.1
check "a and b: direct again" becomes_direct a b 40
idle() { on a edge status | grep -F " $(mac_of b) " | grep -E ' ([4-9]|1[0-9]) s'; }
wait_for 15 idle
check "an idle path: c has his say" as_b 4000
check "an idle path: no answer that is longer than the question" no_more_than_sent
pings 20
wait "$(pid_of a ping)"
check "an idle path: no ping is lost" lost_none
check "an idle path: c has no path" not_by_c

# Somebody of whom the supernode has never told.
check "a MAC that nobody knows" claims 3000 02:00:00:00:0e:ee
check "no answer that is longer than the question" no_more_than_sent
check "no peer" not grep -F 02:00:00:00:0e:ee <(on a edge status)
check "his frames are counted, not delivered" test "$(counter "$(edge_json a)" datagram_from_stranger)" -gt 0
stop sn supernode
lost() { log_has a.edge 'lost supernode'; }
check "without supernode" wait_for 15 lost
capture c eth0 frames 'udp and src port 5001'
on a ping -n -b -c 3 -i 0.2 -W 1 10.9.9.255 >/dev/null 2>&1
check "broadcasts go to b, and not to c" not log_has c.frames 'length 1[0-9][0-9]$'
finish
