#!/usr/bin/env bash
# igmpproxy on c: what a host behind it joins, it joins on the overlay.
. "${0%/*}/lib.sh"
needs igmpproxy igmpproxy
lan_behind

proxied() {
	routes_behind
	printf '%s\n' "quickleave" "phyint edge0 upstream ratelimit 0 threshold 1" "  altnet 10.0.0.0/8" \
		"phyint eth1 downstream ratelimit 0 threshold 1" "phyint eth0 disabled" "phyint lo disabled" >$T/igmpproxy.conf
	spawn_anew c igmpproxy igmpproxy -n -v $T/igmpproxy.conf
	expect "m joins" joins m mcping 239.56.2.1 eth0
	expect "c has joined for it" wants 01:00:5e:38:02:01 c
	expect "c's edge is a member" member 01:00:5e:38:02:01 c
	expect "from the overlay, each once" sends_through a 239.56.2.1 edge0 1
	expect "a burst, each once" burst_through a 239.56.2.1 edge0 1
	expect "a sends to one" sends_to 01:00:5e:38:02:01 a 1
	stops mcping m
	expect "c has left with it" wants_not 01:00:5e:38:02:01 c
	stops igmpproxy c
}

in_modes proxied -r
finish
