#!/usr/bin/env bash
# To the background when ready and not before; exit status; no stream kept open; READY=1; syslog; signals.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24
edge_line=(edge -l 192.168.77.1 -c net -a 10.9.9.1/24)

route_at_once() {
	local i
	for i in $(seq 20); do
		on a "${edge_line[@]}" && ip -n a route add 224.0.0.0/4 dev edge0 || return
		edge0_has a 10.9.9.1/24 || return
		stop_background a edge || return
	done
}
# A pipe ends when the last writer has closed it.
returns_through_pipe() { timeout 5 bash -o pipefail -c '"$@" 2>&1 | cat' x nsenter --net=/run/netns/a "${edge_line[@]}"; }
streams_are_null() {
	local pid fd
	pid=$(pids "$1" "$2")
	[ -n "$pid" ] || return
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ] || { ls -l "/proc/$pid/fd"; return 1; }
	done
	[ "$(readlink "/proc/$pid/cwd")" = / ]
}
answers() { [ -n "$(on a datagram -n 1 -w 1000 192.168.77.1 "$1" "$PING" "$PING")" ]; }
PING=0302000b6e6574$(printf '%034d' 0)0a0000000001$(printf '%016d' 0)

check "edge, then a route at once, 20 times, without a supernode" route_at_once
check "supernode returns with 0" on sn supernode
check "its port answers at once" answers 7654
check "supernode: streams on /dev/null, in /" streams_are_null sn supernode
check "edge, then a route at once, 20 times, with a supernode" route_at_once
check "edge ... 2>&1 | cat returns" returns_through_pipe
check "edge: streams on /dev/null, in /" streams_are_null a edge
all_registered a
check "supernode knows the edge" wait_for 5 status_says sn supernode 10.9.9.1
check "edge ends" stop_background a edge
check "supernode forgets it at once" status_lacks sn supernode 10.9.9.1

if has socat; then
	syslogd
	on a "${edge_line[@]}"
	check "edge logs to syslog in the background" wait_for 5 log_has syslog 'edge.*10\.9\.9\.1|edge.*egistered'
	stop_background a edge
	socat -u UNIX-RECV:$T/notify,mode=666 OPEN:$T/notify.log,creat,append &
	wait_for 5 test -S $T/notify
	spawn a edge env NOTIFY_SOCKET=$T/notify "${edge_line[@]}" -f
	check "edge -f sends READY=1" wait_for 5 log_has notify 'READY=1'
	check "edge0 has its address when it does" edge0_has a 10.9.9.1/24
	check "edge -f is in the foreground" kill -0 "$(pid_of a edge)"
	check "edge -f logs to stderr" test -s $T/a.edge.log
	check "SIGTERM: exit status 0" stop a edge TERM
	spawn a edge "${edge_line[@]}" -f
	wait_for 5 on a edge status
	check "SIGINT: exit status 0" stop a edge INT
	: >$T/notify.log
	stop_background sn supernode
	spawn sn supernode env NOTIFY_SOCKET=$T/notify supernode -f
	check "supernode -f sends READY=1" wait_for 5 log_has notify 'READY=1'
	check "supernode: SIGTERM: exit status 0" stop sn supernode TERM
	spawn sn supernode supernode -f
	wait_for 5 on sn supernode status
	check "supernode: SIGHUP does not end it" kill -HUP "$(pid_of sn supernode)"
	check "supernode: still there" on sn supernode status
	check "supernode: SIGINT: exit status 0" stop sn supernode INT
else
	skip "syslog and READY=1" "socat is missing"
fi
check "nothing left under /run/castnet" bash -c '! ls /run/castnet/*.sock'
finish
