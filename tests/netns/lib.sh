# shellcheck shell=bash
# Sourced by tests/netns/*.sh and scripts/demo: draws networks of namespaces and runs the real programs in
# them.  Needs bash, iproute2 and util-linux.
#
# netns_enter starts the script again in mount, network and process namespaces of its own, with a /run, a /dev
# and an /etc/hosts of its own: names cannot collide with those of another run, and when the script ends,
# however it ends, the kernel removes processes, interfaces and files.  Nothing else cleans up.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
SKIPPED=77
USUAL_MTU=$([ -n "${CASTNET_KEY:-}" ] && echo 1376 || echo 1400)        # of edge0, where the underlay has 1500
T=/run/test                     # logs, pids, scratch files; exists inside only
passed=0 failed=0 skipped=0

# ---- a world of its own

netns_skip() {
	echo "skipped: $*"
	exit $SKIPPED
}

# The flags for unshare, with a user namespace where we are not root; fails where the kernel refuses.
netns_flags() {
	flags=(--mount --net --ipc --pid --fork --kill-child --mount-proc)
	[ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
	unshare "${flags[@]}" true 2>/dev/null
}

netns_enter() {
	if [ "${CASTNET_INSIDE:-}" = "$$" ]; then
		unset CASTNET_INSIDE
		netns_furnish
		return
	fi
	command -v unshare >/dev/null && command -v ip >/dev/null || netns_skip "needs util-linux and iproute2"
	netns_flags || netns_skip "needs root, or unprivileged user namespaces (unshare ${flags[*]} is refused)"
	# With job control the inside is a process group of its own, which Ctrl-C here is passed on to.
	set -m
	CASTNET_INSIDE=1 unshare "${flags[@]}" -- "$BASH" "$0" "$@" </dev/null &
	local child=$! status
	trap 'kill -TERM -- "-$child"' INT TERM HUP
	while :; do
		wait "$child"
		status=$?
		kill -0 "$child" 2>/dev/null || break
	done
	exit "$status"
}

netns_furnish() {
	trap 'exit 143' INT TERM HUP
	umask 022
	mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs /run || exit 1
	mkdir -p /run/netns /run/lock $T
	netns_dev || netns_skip "cannot make a /dev"
	(exec 3<>/dev/net/tun) 2>/dev/null || netns_skip "/dev/net/tun cannot be opened (modprobe tun? chmod 666?)"
	{ cat /etc/hosts 2>/dev/null || echo "127.0.0.1 localhost"; } >$T/hosts
	mount --bind $T/hosts /etc/hosts
	ip link set lo up
	PATH=$BUILD:$BUILD/tests/tools:$PATH:/usr/sbin:/sbin
	[ -z "${CASTNET_KEY:-}" ] || netns_with_key
	export PATH
	unset NOTIFY_SOCKET "${!N2N_@}" "${!N3N_@}"
}

# CASTNET_KEY=FILE: all edges are started with that key, unless they are given one or none, each with an identity of its
# own for its namespace and device.
netns_with_key() {
	mkdir -p $T/bin
	install -m 600 "$CASTNET_KEY" $T/castnet.key || exit 1
	cat >$T/bin/edge <<-WRAPPER
	#!/bin/sh
	real=$BUILD/edge
	case "\${1:-}" in status | reload | stop | genkey | pubkey | regkey | start) exec "\$real" "\$@" ;; esac
	for word; do
		case "\$word" in -A* | -k* | --key* | --cipher* | --list-options | -h | --help | -V | --version) exec "\$real" "\$@" ;; esac
	done
	id=$T/identity.\$(stat -Lc %i /proc/self/ns/net).\$(echo "\$*" | cksum | cut -d' ' -f1)
	[ -s "\$id" ] || "\$real" genkey >"\$id"
	exec "\$real" "\$@" --key-file $T/castnet.key --identity "\$id"
	WRAPPER
	chmod 755 $T/bin/edge
	PATH=$T/bin:$PATH
}

# A /dev of the few nodes that are needed, so that /dev/log can be ours and /dev/net/tun has its usual mode.
netns_dev() {
	local dev=$T/dev node
	mkdir -p $dev/net $dev/shm
	for node in null zero full random urandom; do
		: >$dev/$node
		mount --bind /dev/$node $dev/$node || return
	done
	ln -s /proc/self/fd $dev/fd
	ln -s /proc/self/fd/0 $dev/stdin
	ln -s /proc/self/fd/1 $dev/stdout
	ln -s /proc/self/fd/2 $dev/stderr
	if ! mknod -m 666 $dev/net/tun c 10 200 2>/dev/null || ! (exec 3<>$dev/net/tun) 2>/dev/null; then
		rm -f $dev/net/tun
		: >$dev/net/tun
		mount --bind /dev/net/tun $dev/net/tun 2>/dev/null
	fi
	mount --rbind $dev /dev
}

# ---- waiting: for an event, never for a time

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

not() { ! "$@"; }

# log_has FILE REGEX: the log of a daemon or tool ($T/FILE.log) has such a line.
log_has() { grep -qE -- "$2" "$T/$1.log"; }

# ---- networks

# hosts NAME...: namespaces, with loopback up, without duplicate address detection (it takes a second), and
# with second addresses that survive the first.
hosts() {
	local ns
	for ns; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		on "$ns" sh -c 'cd /proc/sys/net && echo 1 >ipv4/conf/all/promote_secondaries && cd ipv6/conf &&
			echo 0 >default/accept_dad && echo 0 >all/accept_dad' 2>/dev/null
	done
}

on() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# lan SWITCH HOST=ADDRESS/N...: a segment.  SWITCH is the namespace of its bridge.  As in an EC2 VPC multicast
# does not get through; lan_multicast SWITCH lets it.  A host's first interface is eth0, its next eth1.
lan() {
	local switch=$1 host
	shift
	hosts "$switch"
	ip -n "$switch" link add br0 type bridge mcast_snooping 0
	ip -n "$switch" link set br0 up
	for host; do
		lan_join "$switch" "${host%%=*}" "${host#*=}"
	done
}

lan_join() {
	local switch=$1 ns=$2 n=0
	[ -e "/run/netns/$ns" ] || hosts "$ns"
	while ip -n "$ns" link show "eth$n" >/dev/null 2>&1; do n=$((n + 1)); done
	ip -n "$ns" link add "eth$n" type veth peer name "$ns" netns "$switch"
	ip -n "$switch" link set dev "$ns" master br0 up
	bridge -n "$switch" link set dev "$ns" mcast_flood off
	ip -n "$ns" link set dev "eth$n" up
	ip -n "$ns" address add "$3" dev "eth$n"
}

lan_multicast() {
	local port
	for port in $(ip -n "$1" -o link show master br0 | sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do
		bridge -n "$1" link set dev "$port" mcast_flood on
	done
}

# quiet HOST...: hosts with edges ask neither for routers nor again for neighbours: it would be counted.  The edges
# themselves have asked what a new one asks.
quiet() {
	local ns
	for ns; do
		on $ns sh -c 'cd /proc/sys/net && echo 0 >ipv6/conf/edge0/router_solicitations &&
			for v in ipv4 ipv6; do echo 3600 >$v/neigh/edge0/delay_first_probe_time; done' || return
	done
	for ns; do wait_for 15 settled "$ns" || return; done
}
# An edge asks for multicast routers 3 seconds after it has registered, and its hosts for their groups before.
settled() { on "$1" edge status --json | grep -qE '"registered_s":([5-9]|[1-9][0-9])'; }

# gateway HOST ADDRESS: the default route.
gateway() { ip -n "$1" route replace default via "$2"; }

router() { on "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'; }

# nat KIND ROUTER INSIDE_HOST_ADDRESS: the router's eth0 is outside.
#	port-restricted	one mapping for all destinations; in only from where something went out to
#	symmetric	a new random port for each destination
#	full-cone	one mapping, open for everybody
# Uninvited datagrams are dropped before conntrack makes an entry that would take the port from the host.
nat() {
	local how=masquerade in=
	router "$2"
	[ "$1" != symmetric ] || how="masquerade fully-random"
	[ "$1" != full-cone ] || in="iifname eth0 udp dport 1024-65535 dnat to $3"
	on "$2" nft -f - <<-RULES
	table ip nat {
		chain pre {
			type nat hook prerouting priority -100;
			$in
		}
		chain post {
			type nat hook postrouting priority 100;
			oifname eth0 $how
		}
	}
	table ip filter {
		chain input {
			type filter hook input priority 0;
			iifname eth0 udp dport 1024-65535 drop
		}
	}
	RULES
}

# name ADDRESS NAME: in the /etc/hosts of all namespaces.
name() { echo "$1 $2" >>/etc/hosts; }
forget_name() { sed "/ $1\$/d" /etc/hosts >$T/hosts.new && cat $T/hosts.new >/etc/hosts; }

# ---- programs

# spawn HOST NAME COMMAND...: in the background, log in $T/HOST.NAME.log, pid in $T/HOST.NAME.pid.
spawn() {
	local ns=$1 id=$1.$2
	shift 2
	# Not by on(): $! would be a shell that waits for the program.
	nsenter --net="/run/netns/$ns" -- "$@" >>"$T/$id.log" 2>&1 &
	echo $! >"$T/$id.pid"
}

pid_of() { cat "$T/$1.$2.pid"; }

# stop HOST NAME [SIGNAL]: returns the exit status of the program.
stop() {
	local pid
	pid=$(pid_of "$1" "$2") || return
	rm "$T/$1.$2.pid"
	kill "-${3:-TERM}" "$pid"
	wait "$pid" 2>/dev/null
}

# start_supernode HOST OPTIONS..., start_edge HOST OPTIONS...: in the foreground mode, with a log; returns when
# the program answers for its status, which it does when it is ready.
start_supernode() {
	spawn "$1" supernode supernode -f -v "${@:2}"
	wait_for 5 on "$1" supernode status || { tail -n 5 "$T/$1.supernode.log"; return 1; }
}

start_edge() {
	spawn "$1" edge edge -f -v "${@:2}"
	wait_for 5 on "$1" edge status || { tail -n 5 "$T/$1.edge.log"; return 1; }
}

# edges HOST... -- OPTIONS...: an edge each, in community "net" with the address of overlay_of, all registered.
edges() {
	local names=() ns
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		names+=("$1")
		shift
	done
	shift
	for ns in "${names[@]}"; do start_edge "$ns" -c net -a "$(overlay_of "$ns")" "$@" || return; done
	all_registered "${names[@]}"
}

# 10.9.9.1 for host a, 10.9.9.2 for host b, ...
overlay_of() { printf '10.9.9.%d\n' $(($(printf '%d' "'$1") - 96)); }

stop_edges() {
	local ns
	for ns; do stop "$ns" edge; done
}

# stop_background HOST PROGRAM: those that went to the background by themselves.
stop_background() {
	local pid
	for pid in $(pids "$1" "$2"); do kill "$pid"; done
	wait_for 5 gone "$1" "$2"
}

pids() {
	local pid
	for pid in $(ip netns pids "$1"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$2" ] || echo "$pid"
	done
}
gone() { [ -z "$(pids "$1" "$2")" ]; }

# capture HOST INTERFACE NAME FILTER: tcpdump into $T/HOST.NAME.log, returns when it listens.
capture() {
	spawn "$1" "$3" tcpdump -Z root -lnn -i "$2" "$4"
	wait_for 5 log_has "$1.$3" 'listening on'
}

syslogd() {
	socat -u UNIX-RECV:/dev/log,mode=666 OPEN:$T/syslog.log,creat,append &
	wait_for 5 test -S /dev/log
}

# ---- what the programs say

edge_json() { on "$1" edge status --json "${@:2}"; }
supernode_json() { on "$1" supernode status --json "${@:2}"; }

# status_says HOST PROGRAM REGEX: its status for people has such a line; status_lacks: it answers, and has not.
status_says() { on "$1" "$2" status >$T/status.text && grep -E -- "$3" $T/status.text; }
status_lacks() { on "$1" "$2" status >$T/status.text && ! grep -E -- "$3" $T/status.text; }

# edge0_has HOST ADDRESS/N: the TAP is up and has it; "": it is up and has none.
edge0_has() {
	ip -n "$1" -o link show up dev edge0 | grep -q edge0 &&
		[[ "$(ip -n "$1" -o -4 address show dev edge0 | sed -n 's/.*inet \([0-9./]*\).*/\1/p')" == $2 ]]
}

link_field() { ip -n "$1" -o link show dev edge0 | sed -n "s|.* $2 \([^ ]*\) .*|\1|p"; }
mac_of() { link_field "$1" link/ether; }
mtu_of() { link_field "$1" mtu; }

# counter JSON NAME: the number that stands there under this name, the first of them.
counter() { grep -oE "\"$2\": *[0-9]+" <<<"$1" | head -n 1 | grep -oE '[0-9]+$'; }

registered() { edge_json "$1" | grep -q '"registered": *true'; }
# registered_at ADDRESS: reads status --json: the registered supernode is that.
registered_at() { tr '{}' '\n\n' | grep -F "\"$1:" | grep -q '"registered"'; }
all_registered() {
	local ns
	for ns; do wait_for 10 registered "$ns" || return; done
}

# path HOST PEER: how the edge of one sends to that of the other, direct or relayed.
path() { on "$1" edge status | grep -F " $(mac_of "$2") " | grep -oE 'direct|relayed'; }
path_is() { [ "$(path "$1" "$2")" = "$3" ]; }
# becomes_direct HOST PEER [SECONDS]: with a ping now and then, both ways.
direct_now() {
	ping_once "$1" "$(overlay_of "$2")"
	path_is "$1" "$2" direct && path_is "$2" "$1" direct
}
becomes_direct() { wait_for "${3:-15}" direct_now "$1" "$2" || { on "$1" edge status; on "$2" edge status; return 1; }; }

ping_once() { on "$1" ping -n -c 1 -W 1 "$2"; }
# reaches HOST ADDRESS [SECONDS]: a ping gets through.
reaches() { wait_for "${3:-10}" ping_once "$1" "$2"; }

# mcast_listen HOST...: joins the group on edge0, and returns when the supernode knows, if it is one that is told.
GROUP=239.10.10.10:5000
mcast_listen() {
	local ns
	for ns; do
		[ ! -e "$T/$ns.mcast.pid" ] || stop "$ns" mcast
		rm -f "$T/$ns.mcast.log"
		spawn "$ns" mcast mcast listen $GROUP edge0
		wait_for 5 log_has "$ns.mcast" listening && wait_for 5 join_reported "$ns" || return
	done
}
join_reported() {
	on "$1" edge status groups >$T/reported || return
	! grep -qE '^(groups are off|supernode without groups)' $T/reported || return 0
	grep -q '^reported' $T/reported && grep -qE '^ +01:00:5e:0a:0a:0a +yes ' $T/reported
}

# mcast_arrives HOST COUNT RECEIVERS: each datagram reaches each receiver exactly once.
mcast_arrives() { on "$1" mcast send $GROUP edge0 "$2" 10 -r "$3"; }
mcast_works() { on "$1" mcast send $GROUP edge0 1 0 -r "$2"; }

# spawn_anew HOST NAME COMMAND...: with a fresh log.
spawn_anew() {
	rm -f "$T/$1.$2.log"
	spawn "$@"
}

# joins HOST NAME GROUP IF OPTIONS...: mcping listens there.
joins() {
	spawn_anew "$1" "$2" mcping listen "$3" -i "${@:4}"
	wait_for 5 log_has "$1.$2" '^joined'
}

# group_known GROUP_MAC HOST...: the supernode knows their edges as members of the group.
group_known() {
	local group=$1 ns
	shift
	on sn supernode status groups >$T/groups || return
	for ns; do
		awk -v group="$group" -v member="$(mac_of "$ns")" '
			/^  [0-9a-f]/ { here = $1 == group }
			here && $1 == member { found = 1 }
			END { exit !found }' $T/groups || return
	done
}
member() { wait_for 5 group_known "$@"; }
no_member() { wait_for 5 not group_known "$1" "$2"; }

# ---- checks

ok() { echo "ok   $1"; passed=$((passed + 1)); }
fail() { echo "FAIL $1"; failed=$((failed + 1)); }
skip() { echo "skip $1: $2"; skipped=$((skipped + 1)); }

# check NAME COMMAND...: prints what the command said only where it fails.
check() {
	local name=$1
	shift
	"$@" >$T/check.log 2>&1
	local status=$?
	if [ $status -eq 0 ]; then
		ok "$name"
	else
		fail "$name"
		echo "  exit status $status of: $*"
		sed 's/^/  | /' $T/check.log | tail -n 30
	fi
}

has() { command -v "$1" >/dev/null; }

finish() {
	if [ $failed -gt 0 ]; then
		local log
		for log in $T/*.edge.log $T/*.supernode.log; do
			[ -s "$log" ] && echo "  --- ${log##*/}" && tail -n 12 "$log" | sed 's/^/  | /'
		done
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] || exit 1
	[ $passed -gt 0 ] || exit $SKIPPED
	exit 0
}
