#!/usr/bin/env bash
# Programs that live on multicast, over edge0: keepalived, corosync, ptp4l.  Each is skipped where it is not installed.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
edges a b c -- -l 192.168.77.1 -n 224.0.0.0/4

all_registered_at_supernode() { [ "$(counter "$(supernode_json sn)" edges_n)" = 3 ]; }
restart_supernode() {
	stop sn supernode KILL
	start_supernode sn && wait_for 10 all_registered_at_supernode
}

# ---- VRRP

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
		advert_int 2
		virtual_ipaddress {
			10.9.9.100/24
		}
	}
	CONF
	chmod 644 $T/$1.keepalived.conf
	spawn $1 keepalived keepalived -n -l -D -f $T/$1.keepalived.conf -p $T/$1.keepalived -r $T/$1.vrrp
}
has_vip() { ip -n $1 -4 -o address show dev edge0 | grep -q ' 10.9.9.100/'; }
only_master() { has_vip $1 && ! has_vip $2; }
became_master() { grep -c 'Entering MASTER' $T/$1.keepalived.log; }
no_failover() { [ "$(became_master b)" = "$masters" ]; }

users_vrrp() {
	has keepalived || { skip "keepalived" "not installed (Debian package keepalived)"; return; }
	vrrp a 150
	vrrp b 100
	check "keepalived: a is master, b is not" wait_for 15 only_master a b
	check "keepalived: the virtual address answers c" reaches c 10.9.9.100
	masters=$(became_master b)
	check "keepalived: supernode restarted" restart_supernode
	check "keepalived: no fail-over when the supernode is restarted" no_failover
	stop a edge KILL
	check "keepalived: b takes over from a whose edge is dead" wait_for 15 has_vip b
	check "keepalived: the virtual address answers c again" reaches c 10.9.9.100
	edges a -- -l 192.168.77.1 -n 224.0.0.0/4
	stop a keepalived
	stop b keepalived
}

# ---- PTP.  The clock is only compared, never set: it is the same one.

ptp_clock() {
	cat >$T/$1.ptp.conf <<-CONF
	[global]
	priority1 $2
	free_running 1
	logAnnounceInterval -2
	logSyncInterval -2
	logMinDelayReqInterval -2
	clockIdentity 000000.0000.00000$3
	uds_address $T/$1.ptp.sock
	CONF
	rm -f $T/$1.ptp4l.log
	spawn $1 ptp4l ptp4l $4 -S -m -i edge0 -f $T/$1.ptp.conf
}

users_ptp() {
	has ptp4l || { skip "ptp4l" "not installed (Debian package linuxptp)"; return; }
	local transport
	for transport in -4 -6 -2; do
		ptp_clock a 10 1 $transport
		ptp_clock b 200 2 $transport
		check "ptp4l $transport: b measures its offset from a" wait_for 30 log_has b.ptp4l 'master offset|rms'
		stop a ptp4l
		stop b ptp4l
	done
}

# ---- corosync, with its own multicast transport

corosync_node() {
	local w=$T/corosync.$1 id
	mkdir -p $w/run $w/shm $w/lib
	{
		echo "totem {"
		printf '  %s\n' "version: 2" "cluster_name: castnet" "transport: udp" "crypto_cipher: none" "crypto_hash: none"
		printf '  %s\n' "interface {" "ringnumber: 0" "mcastaddr: 239.255.1.1" "mcastport: 5405" "}"
		printf '%s\n' "}" "quorum {" "  provider: corosync_votequorum" "}" "nodelist {"
		for id in 1 2 3; do printf '  %s\n' "node {" "ring0_addr: 10.9.9.$id" "nodeid: $id" "}"; done
		printf '%s\n' "}" "system {" "  state_dir: $w/lib" "}" "logging {" "  to_stderr: yes" "  to_syslog: no" "}"
	} >$w/corosync.conf
	# One instance for each /run and /dev/shm.  The paths above lie in /run, so that is only covered in part.
	spawn $1 corosync unshare --ipc --mount bash -c "mkdir -p /run/corosync && : >/run/corosync.pid &&
		mount --bind $w/run /run/corosync && mount --bind $w/shm /dev/shm &&
		: >$w/pid && mount --bind $w/pid /run/corosync.pid && exec corosync -f -c $w/corosync.conf"
}
members() { grep -E 'Members\[[0-9]\]' $T/$1.corosync.log | tail -n 1 | grep -q "Members\[$2\]"; }
all_are_members() { members a 3 && members b 3 && members c 3; }
memberships() { grep -c 'new membership' $T/a.corosync.log; }
same_membership() { [ "$(memberships)" = "$formed" ] && all_are_members; }

users_corosync() {
	has corosync || { skip "corosync" "not installed (Debian package corosync)"; return; }
	local ns
	for ns in a b c; do corosync_node $ns; done
	check "corosync: three members" wait_for 30 all_are_members
	formed=$(memberships)
	check "corosync: supernode restarted" restart_supernode
	check "corosync: the same membership" same_membership
	stop c edge KILL
	check "corosync: c is lost with its edge" wait_for 30 members a 2
	edges c -- -l 192.168.77.1 -n 224.0.0.0/4
	check "corosync: and comes back with it" wait_for 30 all_are_members
	for ns in a b c; do stop $ns corosync; done
}

users_ptp
users_corosync
users_vrrp
finish
