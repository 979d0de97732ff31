#!/usr/bin/env bash
# FRR's pimd on c between the overlay and a LAN behind it.
. "${0%/*}/lib.sh"
needs frr /usr/lib/frr/pimd /usr/lib/frr/zebra
lan_behind

FRR=/usr/lib/frr
mkdir -p /run/frr
router_on_c() {
	local w=$T/frr.c how
	rm -rf $w
	mkdir -p $w
	chown frr:frr $w
	echo "hostname c" >$w/zebra.conf
	printf '%s\n' "ip pim rp 10.20.0.1 224.0.0.0/4" "interface eth1" " ip pim" " ip igmp" " ip igmp query-interval 5" \
		" ip igmp query-max-response-time 10" "interface edge0" " ip pim" " ip igmp" " ip igmp query-interval 5" \
		" ip igmp query-max-response-time 10" >$w/pimd.conf
	how=(-u frr -g frr -N c --vty_socket $w -z $w/zserv --log stdout)
	spawn_anew c zebra unshare --mount bash -c "mount --bind $w /run/frr && exec $FRR/zebra ${how[*]} -i $w/zebra.pid -f $w/zebra.conf -P 0"
	wait_for 5 test -S $w/zserv
	spawn_anew c pim unshare --mount bash -c "mount --bind $w /run/frr && exec $FRR/pimd ${how[*]} -i $w/pimd.pid -f $w/pimd.conf -P 0"
}
wants_all() { row c - "j['wants_all'] is True"; }

pim() {
	routes_behind
	router_on_c
	expect "its edge wants all groups" wait_for 20 wants_all
	expect "m joins" joins m mcping 239.56.4.1 eth0
	expect "from the overlay, each once, when the tree stands" wait_for 30 sends_through a 239.56.4.1 edge0 1
	expect "a burst, each once" burst_through a 239.56.4.1 edge0 1
	expect "a joins" joins a mcping 239.56.4.2 edge0
	expect "from behind, each once" wait_for 30 sends_through m 239.56.4.2 eth0 1
	stops mcping m a
	stops pim c
	stops zebra c
}

in_modes pim -r
finish
