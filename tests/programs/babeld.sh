#!/usr/bin/env bash
# babeld, over IPv6 link-local multicast: each other's routes.
. "${0%/*}/lib.sh"
needs babeld babeld

router_on() {
	local n
	n=$(overlay_of $1 | cut -d. -f4)
	ip -n $1 address replace 10.50.$n.1/32 dev lo
	spawn_anew $1 babeld babeld -I $T/$1.babeld.pidfile -S $T/$1.babeld.state \
		-C "redistribute local ip 10.50.0.0/16 allow" -h 1 -H 1 -d 1 edge0
}
routes_to() {
	local n
	for n in 1 2 3; do
		[ "$(overlay_of $1)" = 10.9.9.$n ] || ip -n $1 route show proto babel | grep "10.50.$n.1 .*edge0" || return
	done
}
all_routes() { routes_to a && routes_to b && routes_to c; }

babel() {
	local ns
	for ns in a b c; do router_on $ns; done
	expect "everyone has the others' routes" wait_for 15 all_routes
	stops babeld a b c
}

in_modes babel
finish
