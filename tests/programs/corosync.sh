#!/usr/bin/env bash
# corosync with its own multicast transport: a quorum of three, that outlives the supernode, and takes a lost node back.
. "${0%/*}/lib.sh"
needs corosync corosync corosync-quorumtool

TOTEM=01:00:5e:7f:01:01
node() {
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
	spawn_anew $1 corosync unshare --ipc --mount bash -c "mkdir -p /run/corosync && : >/run/corosync.pid &&
		mount --bind $w/run /run/corosync && mount --bind $w/shm /dev/shm &&
		: >$w/pid && mount --bind $w/pid /run/corosync.pid && exec corosync -f -c $w/corosync.conf"
}
members() { grep -E 'Members\[[0-9]\]' $T/$1.corosync.log | tail -n 1 | grep -q "Members\[$2\]"; }
all_are_members() { members a 3 && members b 3 && members c 3; }
memberships() { grep -c 'new membership' $T/a.corosync.log; }
same_membership() { [ "$(memberships)" = "$formed" ] && all_are_members; }
all_registered_at_supernode() { [ "$(counter "$(supernode_json sn)" edges_n)" = 3 ]; }
restart_supernode() {
	stop sn supernode KILL
	start_supernode sn && wait_for 10 all_registered_at_supernode
}

corosync_cluster() {
	local ns
	for ns in a b c; do node $ns; done
	expect "three members" wait_for 30 all_are_members
	expect "the quorum is there" log_has a.corosync 'within the primary component'
	expect "all have joined" wants $TOTEM a b c
	formed=$(memberships)
	expect "supernode restarted" restart_supernode
	expect "the same membership" same_membership
	if [ "$MODE" = default ]; then
		stop c edge KILL
		expect "c is lost with its edge" wait_for 30 members a 2
		edges c -- -l 192.168.77.1 -n 224.0.0.0/4
		expect "and comes back with it" wait_for 30 all_are_members
	fi
	for ns in a b c; do expect "$ns sends to two" sends_to $TOTEM $ns 2; done
	stops corosync a b c
}

in_modes corosync_cluster
finish
