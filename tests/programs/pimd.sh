#!/usr/bin/env bash
# pimd on c between the overlay and a LAN behind it: its edge wants all groups, and both sides hear the other.
. "${0%/*}/lib.sh"
needs pimd pimd
lan_behind

wants_all() { row c - "j['wants_all'] is True"; }
pim() {
	routes_behind
	printf '%s\n' "phyint edge0 enable" "phyint eth1 enable" "phyint eth0 disable" "rp-address 10.20.0.1 224.0.0.0/4" \
		"igmp-query-interval 12" >$T/pimd.conf
	spawn_anew c pimd pimd -f -c $T/pimd.conf
	expect "its edge wants all groups" wait_for 20 wants_all
	expect "m joins" joins m mcping 239.56.3.1 eth0
	expect "from the overlay, each once, when the tree stands" wait_for 30 sends_through a 239.56.3.1 edge0 1
	expect "a burst, each once" burst_through a 239.56.3.1 edge0 1
	expect "a joins" joins a mcping 239.56.3.2 edge0
	expect "from behind, each once" wait_for 30 sends_through m 239.56.3.2 eth0 1
	stops mcping m a
	stops pimd c
}

in_modes pim -r
finish
