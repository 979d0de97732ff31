# shellcheck shell=bash
# Sourced by tests/programs/*.sh, each one real program on a LAN that castnet makes: supernode sn, edges a, b, c with
# addresses 10.9.9.1 to .3, in namespaces as tests/netns/lib.sh draws them.  A script asks for its program (needs), then
# runs its checks on edges with default options, and on others (in_modes).  Its receivers and the lists that
# `edge status groups` prints are compared by wants, sends_to and each_once.

. "${BASH_SOURCE[0]%/*}/../netns/lib.sh"

# needs PACKAGE COMMAND_OR_FILE...: else the whole script is skipped.
needs() {
	local package=$1 thing
	shift
	PATH=$PATH:/usr/sbin:/sbin:$BUILD/unpacked/usr/sbin
	for thing; do
		has "$thing" || [ -e "$thing" ] || netns_skip "${0##*/}: $thing is not installed (Debian package $package)"
	done
	has python3 || netns_skip "needs python3"
	netns_enter
	lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
	start_supernode sn
}

# in_modes FUNCTION [OPTIONS...]: three edges with each word of OPTIONS ("" is the default), and the function's checks.
in_modes() {
	local function=$1 mode
	shift
	[ $# -gt 0 ] || set -- "" -r
	for mode; do
		MODE=${mode:-default}
		# shellcheck disable=SC2086
		expect "three edges" edges a b c -- -l 192.168.77.1 -n 224.0.0.0/4 $mode
		"$function"
		expect "no IGMP or MLD message was refused" none_refused
		stop_edges a b c
	done
}

# A check that fails shows what the programs said last.
expect() {
	local before=$failed log ns
	check "$MODE: $1" "${@:2}"
	[ $failed -gt "$before" ] || return 0
	for ns in a b c; do
		echo "  --- edge0 of $ns"
		{ ip -n $ns -s link show dev edge0; on $ns edge status | grep -A 20 -i '^drop'; } 2>&1 | sed 's/^/  | /'
	done
	for log in $T/?.*.log; do
		[[ $log == *.edge.log ]] || [ ! -s "$log" ] || { echo "  --- ${log##*/}"; tail -n 5 "$log" | cut -c 1-200 | sed 's/^/  | /'; }
	done
}

# stops NAME HOST...: the program that was spawned under this name.
stops() {
	local name=$1 ns
	shift
	for ns; do [ ! -e "$T/$ns.$name.pid" ] || stop "$ns" "$name"; done
}

# ---- files

# file_of BYTES: $T/file, random; receivers write $T/HOST.file.
file_of() { rm -f $T/?.file && head -c "$1" /dev/urandom >$T/file; }
got_file() {
	local ns
	for ns; do cmp $T/file "$T/$ns.file" || return; done
}

# ---- what edge status groups says

# row HOST GROUP_MAC EXPRESSION: of Python; g is the group's row, {} if it is not listed; j all.
row() {
	edge_json "$1" groups >$T/row || return
	python3 -I -S - "$2" "$3" $T/row <<-'PYTHON' || { cat $T/row; return 1; }
		import json, sys
		j = json.load(open(sys.argv[3]))
		g = next((row for row in j["groups"] if row["group"] == sys.argv[1]), {})
		value = eval("(" + sys.argv[2] + ")")
		print(int(value))
		sys.exit(value is False)
	PYTHON
}

# wants GROUP_MAC HOST...: the group is there, and wanted here.
wants() {
	local group=$1 ns
	shift
	for ns; do wait_for 10 row "$ns" "$group" "g.get('local') is True" || { cat $T/row; return 1; }; done
}
wants_not() { wait_for 10 row "$2" "$1" "g.get('local') is not True"; }

# sends_to GROUP_MAC HOST N: it sends the group to so many members, by a way known for each.
sends_to() {
	wait_for 15 row "$2" "$1" "g.get('listed') is True and g['members_n'] == $3 == len(g['members'])" ||
		{ cat $T/row; return 1; }
}

# settled ADDRESS GROUP_MAC N: a sends to so many, directly: the first frames of a group go by the relay, and may be
# overtaken by the next.
settled() { wait_for 15 direct_to "$@"; }
direct_to() {
	on a bash -c "echo >/dev/udp/$1/9"
	row a "$2" "g.get('direct_n') == $3 and not g['relay']"
}

none_refused() {
	local ns
	for ns in a b c; do row $ns - "not any(j['refused'].values())" || return; done
}

# counts GROUP_MAC: "in out" of a, of b, of c: its frames.
counts() {
	local ns
	for ns in a b c; do edge_json $ns groups >$T/$ns.counts || return; done
	python3 -I -S - "$1" $T/{a,b,c}.counts <<-'PYTHON'
		import json, sys
		for path in sys.argv[2:]:
		    g = next((row for row in json.load(open(path))["groups"] if row["group"] == sys.argv[1]), {})
		    print(g.get("frames_in", 0), g.get("frames_out", 0), end=" ")
	PYTHON
}

# count_from GROUP_MAC: from now on, between frames: two looks at it agree.
count_from() {
	local earlier=none tries=0
	from=$(counts "$1")
	until [ "$from" = "$earlier" ] || [ $((tries += 1)) -gt 50 ]; do
		earlier=$from
		from=$(counts "$1")
	done
}

# each_once GROUP_MAC N RECEIVER...: at least N frames since, and each receiver got just what the others sent.
each_once() { wait_for 15 equal_now "$@" || { equal_now "$@"; cat $T/?.counts; return 1; }; }
equal_now() {
	local before now ns i in=() out=() all=0 least=$2
	read -ra before <<<"$from"
	read -ra now < <(counts "$1")
	for i in 0 1 2; do
		in+=($((now[2 * i] - before[2 * i])))
		out+=($((now[2 * i + 1] - before[2 * i + 1])))
		all=$((all + out[i]))
	done
	echo "a, b, c received ${in[*]}, sent ${out[*]}"
	shift 2
	for ns; do
		i=$(($(printf '%d' "'$ns") - 97))
		[ $((all - out[i])) -ge "$least" ] && [ $((all - out[i])) -eq "${in[i]}" ] || return
	done
}

# ---- a LAN behind c, for multicast routers: host m, 10.20.0.11, with c's eth1

lan_behind() {
	lan behind c=10.20.0.1/24 m=10.20.0.11/24
	lan_multicast behind
	gateway m 10.20.0.1
	router c
}
routes_behind() {
	local ns
	for ns in a b; do ip -n $ns route replace 10.20.0.0/24 via 10.9.9.3; done
}
# Through the router, each once: its TTL is above 1.  The second is in trains.
sends_through() { on "$1" mcping send "$2" -i "$3" -t 8 -c 100 -r 500 -e "$4" -W 1; }
burst_through() { on "$1" mcping send "$2" -i "$3" -t 8 -c 1000 -r 20000 -s 1000 -e "$4" -W 1; }
