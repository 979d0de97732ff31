#!/usr/bin/env bash
# Starts and stops as they happen: one right after the other, before the host has its address, with the same address as
# last time, with many addresses, and those that must be refused before anything is changed.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn
edges b -- -l 192.168.77.1

# stop waits; a start waits for one that is ending.
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
pid=$(pid_of a edge)
check "status has the process" status_says a edge "process $pid,"
check "edge stop" on a edge stop
check "it has ended when that returns" not kill -0 "$pid"
check "edge stop where none runs: an error" not on a edge stop
wait "$pid"
for i in 1 2 3; do
	start_edge a -l 192.168.77.1 -c net -a 10.9.9.1 -p 50001
	kill "$(pid_of a edge)"
	spawn a again edge -f -l 192.168.77.1 -c net -a 10.9.9.1 -p 50001
	wait "$(pid_of a edge)"
	check "kill, and at once another ($i)" wait_for 5 on a edge status
	check "supernode and edge: registered" wait_for 10 registered a
	stop a again
done
pid=$(pid_of sn supernode)
check "supernode stop" on sn supernode stop -p 7654
check "it has ended when that returns" not kill -0 "$pid"
start_supernode sn

# The same address after each restart.
address_of() { edge_json "$1" | grep -oE '"address": *"10\.[0-9./]+"' | head -n 1; }
start_edge a -l 192.168.77.1 -c auto
wait_for 10 registered a
first=$(address_of a)
check "an automatic address" test -n "$first"
for how in KILL TERM KILL KILL; do
	stop a edge $how
	start_edge a -l 192.168.77.1 -c auto
	wait_for 10 registered a
	check "SIG$how: the same again" test "$(address_of a)" = "$first"
done
stop a edge

# -p ADDRESS before the address is there.
spawn a edge edge -f -v -l 192.168.77.1 -c net -a 10.9.9.1 -p 192.168.77.21:50001
check "-p with an address of later: waits" wait_for 5 log_has a.edge '192\.168\.77\.21:50001: that is no address of this host yet'
check "and runs" wait_for 5 on a edge status
ip -n a address add 192.168.77.21/24 dev eth0
check "then the address comes: registered" wait_for 15 registered a
stop a edge
ip -n a address del 192.168.77.21/24 dev eth0
spawn_anew b early supernode -f -v -p 192.168.77.31:7777
check "supernode -p with an address of later" wait_for 5 log_has b.early 'no address of this host yet'
ip -n b address add 192.168.77.31/24 dev eth0
start_edge a -l 192.168.77.31:7777 -c net -a 10.9.9.1
check "then the address comes: an edge registers" wait_for 15 registered a
stop a edge
stop b early

# 81 addresses, of hosts behind virtual ones: all are our own.
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
wait_for 10 registered a
for i in $(seq 100 179); do echo "address add 10.9.9.$i/24 dev edge0"; done | ip -n a -b -
all_answer() {
	local i
	for i in $(seq 100 179); do on b ping -n -c 1 -W 2 "10.9.9.$i" >/dev/null || { echo "10.9.9.$i does not answer"; return 1; }; done
}
check "80 virtual addresses: all answer" all_answer
stop a edge
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1 --max-addresses 3
for i in $(seq 100 109); do echo "address add 10.9.9.$i/24 dev edge0"; done | ip -n a -b -
check "more than --max-addresses: the log says how many" wait_for 5 log_has a.edge 'edge0 has 11 addresses: 8 of them do not count'
check "and status" status_says a edge '^8 more addresses do not count as own'
stop a edge

# What cannot work is refused, and nothing was changed.
state() { ip -n a -o link; ip -n a route show table all; ip -n a -o address; }
refused() {
	local words=$1 before
	shift
	before=$(state)
	timeout 10 nsenter --net=/run/netns/a -- edge -f -c net "$@" >$T/refused.log 2>&1
	local status=$?
	cat $T/refused.log
	[ $status = 1 ] || [ $status = 2 ] || { echo "exit status $status"; return 1; }
	grep -qE -- "$words" $T/refused.log && [ "$(grep -c ^edge: $T/refused.log)" = 1 ] && [ "$(state)" = "$before" ]
}
name 192.168.77.1 super
check "-a in the supernode's network" refused '192\.168\.77\.200/24.*supernode.*another network' -l 192.168.77.1 -a 192.168.77.200
check "-a in a network with the supernode of a name" refused '192\.168\.77\.200/24.*another network' -l super -a 192.168.77.200
ip -n a address add 172.20.0.5/16 dev eth0
check "-a inside a network of the host" refused '172\.20\.7\.1/24.*eth0' -l 192.168.77.1 -a 172.20.7.1
check "-n of the supernode alone" refused '-n 192\.168\.77\.1/32.*supernode' -l 192.168.77.1 -a 10.9.9.1 -n 192.168.77.1/32
check "supernode -p IP:0" bash -c "supernode -f -p 192.168.77.1:0 2>&1 | grep -q \"'192.168.77.1:0' is no UDP port\""
start_edge a -l 192.168.77.1 -c net -a 172.16.0.9/12
check "a larger overlay network around the host's is not refused" on a edge status
stop a edge

# What a container lacks is named.
without() { on a setpriv --bounding-set "-$1" --inh-caps "-$1" edge -f -l 192.168.77.1 -c net -a 10.9.9.1; }
check "root without CAP_NET_ADMIN is told so" bash -c "$(declare -f without on); without net_admin 2>&1 | grep 'root has no CAP_NET_ADMIN'"
spawn_anew a edge setpriv --bounding-set -setuid --inh-caps -setuid edge -f -l 192.168.77.1 -c net -a 10.9.9.1
check "root without CAP_SETUID says that it stays root" wait_for 5 log_has a.edge 'stays root'
stop a edge

# A bare container: no /run.  It is made where that may be, else the log says why there is no status.
bare=$T/bare
mkdir -p $bare/{lib,lib64,usr,dev,proc,etc,build}
for folder in lib lib64 usr dev proc etc; do [ ! -d /$folder ] || mount --rbind /$folder $bare/$folder; done
mount --bind "$BUILD" $bare/build
in_bare() { on a chroot $bare "$@"; }
check "without /run: status says why there may be none" bash -c \
	"nsenter --net=/run/netns/a chroot $bare /build/edge status 2>&1 | grep 'could not make the folder /run/castnet'"
spawn_anew a edge chroot $bare /build/edge -f -l 192.168.77.1 -c net -a 10.9.9.1
check "without /run: it is made, and status works" wait_for 5 in_bare /build/edge status
stop a edge
rm -rf $bare/run
mount --rbind $bare $bare
mount -o remount,bind,ro $bare
spawn_anew a edge chroot $bare /build/edge -f -l 192.168.77.1 -c net -a 10.9.9.1
check "without a /run to be had: the log says so" wait_for 5 log_has a.edge 'status will not work: .*/run/castnet: Read-only'
stop a edge

units_restart() { local unit; for unit in "$ROOT"/scripts/*.service; do grep -qx 'StartLimitIntervalSec=0' "$unit" || return; done; }
check "units start again after however many failures" units_restart
finish
