#!/usr/bin/env bash
# smcroute on c routes groups between the overlay and a LAN behind it, both ways.
. "${0%/*}/lib.sh"
needs smcroute smcrouted smcroutectl
lan_behind

routed() {
	routes_behind
	printf '%s\n' "phyint edge0 enable" "phyint eth1 enable" "mgroup from edge0 group 239.56.1.1" \
		"mroute from edge0 group 239.56.1.1 to eth1" "mroute from eth1 group 239.56.1.2 to edge0" >$T/smcroute.conf
	spawn_anew c smcroute smcrouted -n -N -f $T/smcroute.conf
	wait_for 5 on c smcroutectl show
	expect "c's host has joined" wants 01:00:5e:38:01:01 c
	expect "m joins" joins m mcping 239.56.1.1 eth0
	expect "c's edge is a member" member 01:00:5e:38:01:01 c
	expect "from the overlay, each once" sends_through a 239.56.1.1 edge0 1
	expect "a burst from the overlay, each once" burst_through a 239.56.1.1 edge0 1
	expect "a and b join" joins_both
	expect "they are members" member 01:00:5e:38:01:02 a b
	expect "from behind, each once" sends_through m 239.56.1.2 eth0 2
	expect "c sends to two" sends_to 01:00:5e:38:01:02 c 2
	stops mcping m a b
	stops smcroute c
}
joins_both() { joins a mcping 239.56.1.2 edge0 && joins b mcping 239.56.1.2 edge0; }

# Senders and receivers on both sides of a router need -r.
in_modes routed -r
finish
