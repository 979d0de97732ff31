#!/usr/bin/env bash
# BIRD: OSPF and RIP among three, and each other's routes.
. "${0%/*}/lib.sh"
needs bird2 bird birdc

router_on() {
	local n
	n=$(overlay_of $1 | cut -d. -f4)
	cat >$T/$1.bird.conf <<-CONF
	router id 10.9.9.$n;
	protocol device { }
	protocol static { ipv4; route 10.50.$n.0/24 blackhole; }
	protocol kernel { ipv4 { export where source != RTS_STATIC; }; }
	protocol ospf v2 { ipv4 { export where source = RTS_STATIC; };
		area 0 { interface "edge0" { hello 1; dead 4; }; }; }
	protocol rip { ipv4 { import filter { preference = 50; accept; }; export where source = RTS_STATIC; };
		interface "edge0" { update time 2; timeout time 10; }; }
	CONF
	spawn_anew $1 bird bird -f -c $T/$1.bird.conf -s $T/$1.bird.sock
}
full() { [ "$(birdc -s $T/$1.bird.sock show ospf neighbors | grep -c 'Full/')" = 2 ]; }
routes_to() {
	local n
	birdc -s $T/$1.bird.sock show route all protocol $2 >$T/routes
	for n in 1 2 3; do
		[ "$(overlay_of $1)" = 10.9.9.$n ] || grep -A 1 "10.50.$n.0/24" $T/routes || return
	done
}

ospf_and_rip() {
	local ns
	for ns in a b c; do router_on $ns; done
	for ns in a b c; do
		expect "$ns has two full adjacencies" wait_for 40 full $ns
		expect "$ns has the others' routes by OSPF" wait_for 20 routes_to $ns ospf1
		expect "$ns has the others' routes by RIP" wait_for 20 routes_to $ns rip1
	done
	stops bird a b c
}

in_modes ospf_and_rip
finish
