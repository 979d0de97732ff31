#!/usr/bin/env bash
# FRR's ospfd: full adjacencies of three, and each other's routes.
. "${0%/*}/lib.sh"
needs frr /usr/lib/frr/ospfd /usr/lib/frr/zebra

FRR=/usr/lib/frr
mkdir -p /run/frr
router_on() {
	local w=$T/frr.$1 n
	n=$(overlay_of $1 | cut -d. -f4)
	mkdir -p $w
	chown frr:frr $w
	ip -n $1 address replace 10.50.$n.1/24 dev lo
	echo "hostname $1" >$w/zebra.conf
	cat >$w/ospfd.conf <<-CONF
	interface edge0
	 ip ospf hello-interval 1
	 ip ospf dead-interval 4
	router ospf
	 ospf router-id 10.9.9.$n
	 network 10.9.9.0/24 area 0
	 network 10.50.$n.0/24 area 0
	CONF
	local how=(-u frr -g frr -N "$1" --vty_socket $w -z $w/zserv --log stdout)
	spawn_anew $1 zebra unshare --mount bash -c "mount --bind $w /run/frr && exec $FRR/zebra ${how[*]} -i $w/zebra.pid -f $w/zebra.conf -P 0"
	wait_for 5 test -S $w/zserv
	spawn_anew $1 ospfd unshare --mount bash -c "mount --bind $w /run/frr && exec $FRR/ospfd ${how[*]} -i $w/ospfd.pid -f $w/ospfd.conf -P 0"
}
routes_to() {
	local n
	for n in 1 2 3; do
		[ "$(overlay_of $1)" = 10.9.9.$n ] || ip -n $1 route show proto ospf | grep "10.50.$n.[01].* via 10.9.9.$n " || return
	done
}
all_routes() { routes_to a && routes_to b && routes_to c; }

ospf() {
	local ns
	for ns in a b c; do router_on $ns; done
	expect "everyone has the others' routes" wait_for 25 all_routes
	stops ospfd a b c
	stops zebra a b c
}

in_modes ospf
finish
