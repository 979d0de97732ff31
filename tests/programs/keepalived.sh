#!/usr/bin/env bash
# keepalived (VRRP): one master of three, no fail-over when the supernode is restarted, one when the master's edge dies.
. "${0%/*}/lib.sh"
needs keepalived keepalived

vrrp() {
	cat >$T/$1.keepalived.conf <<-CONF
	global_defs {
		router_id $1
	}
	vrrp_instance shop {
		state BACKUP
		interface edge0
		virtual_router_id 51
		priority $2
		advert_int 1
		virtual_ipaddress {
			10.9.9.100/24
		}
	}
	CONF
	chmod 644 $T/$1.keepalived.conf
	spawn_anew $1 keepalived keepalived -n -l -D -f $T/$1.keepalived.conf -p $T/$1.keepalived -r $T/$1.vrrp
}
has_vip() { ip -n $1 -4 -o address show dev edge0 2>/dev/null | grep -q ' 10.9.9.100/'; }
masters() { for ns in a b c; do ! has_vip $ns || echo -n $ns; done; }
only_master() { [ "$(masters)" = $1 ]; }
became_master() { cat $T/[bc].keepalived.log | grep -c 'Entering MASTER'; }
no_failover() { [ "$(became_master)" = "$before" ] && only_master a; }
all_registered_at_supernode() { [ "$(counter "$(supernode_json sn)" edges_n)" = 3 ]; }
restart_supernode() {
	stop sn supernode KILL
	start_supernode sn && wait_for 10 all_registered_at_supernode
}

vrrp_of_three() {
	vrrp a 150
	vrrp b 100
	vrrp c 50
	expect "a is the only master" wait_for 15 only_master a
	expect "the virtual address answers c" reaches c 10.9.9.100
	before=$(became_master)
	expect "supernode restarted" restart_supernode
	expect "no fail-over" no_failover
	stop a keepalived
	expect "b alone takes over" wait_for 15 only_master b
	expect "the virtual address answers c again" reaches c 10.9.9.100
	vrrp a 150
	expect "a takes it back" wait_for 15 only_master a
	[ "$MODE" = default ] || { stops keepalived a b c; return; }
	stop a edge KILL
	expect "b takes over from a whose edge is dead" wait_for 15 has_vip b
	expect "c does not" not has_vip c
	edges a -- -l 192.168.77.1 -n 224.0.0.0/4
	stops keepalived a b c
}

in_modes vrrp_of_three
finish
