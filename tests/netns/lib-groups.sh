# shellcheck shell=bash
# Sourced by tests/netns/groups*.sh, after netns_enter: what is counted, and what the programs say of groups.

has python3 || netns_skip "needs python3"
PYTHON=$(python3 -c 'import sys; print(sys.executable)')
MG=${GROUP%:*} GROUP_MAC=01:00:5e:0a:0a:0a

# send_silent HOST [GROUP]: 50 datagrams to a port where nobody answers: what is counted then is multicast alone.
send_silent() { on "$1" mcast send "${2:-$MG}:5001" edge0 50 5; }

# sum JSON NAME NAME: of two counters.
sum() { echo $(($(counter "$1" "$2") + $(counter "$1" "$3"))); }

# adds FUNCTION=N... -- COMMAND...: by the command the number that each function prints grows by exactly N.
adds() {
	local wanted=() before=() i status=0
	while [ "$1" != -- ]; do
		wanted+=("$1")
		before+=("$("${1%%=*}")")
		shift
	done
	"${@:2}" || return
	for i in "${!wanted[@]}"; do
		local grown=$(($("${wanted[i]%%=*}") - before[i]))
		[ $grown -eq "${wanted[i]#*=}" ] || { echo "${wanted[i]}: but grew by $grown"; status=1; }
	done
	return $status
}

# json_says FILE EXPRESSION, groups_say HOST PROGRAM EXPRESSION (of status groups --json): an expression of Python;
# j is all of it, g the row of $GROUP_MAC.
json_says() {
	"$PYTHON" -I -S - "$2" "$GROUP_MAC" "$1" <<-'PYTHON' || { cat "$1"; return 1; }
		import json, sys
		j = json.load(open(sys.argv[3]))
		g = next((row for row in j.get("groups", []) if row["group"] == sys.argv[2]), None)
		sys.exit(not eval("(" + sys.argv[1] + ")"))
	PYTHON
}
groups_say() { on "$1" "$2" status groups --json >$T/groups && json_says $T/groups "$3"; }

# poke: one datagram from a.  A source asks who wants a group, and seeks ways to them, when it sends.
poke() { on a bash -c "echo >/dev/udp/$MG/5001"; }
poked() { poke && groups_say a edge "g['listed'] and not g['relay'] and ($1)"; }
# members N [SECONDS]: a knows that so many edges want the group; direct N [SECONDS]: and reaches so many directly.
members() { wait_for "${2:-5}" poked "g['members_n'] == $1" || { cat $T/groups; return 1; }; }
direct() { wait_for "${2:-20}" poked "g['direct_n'] == $1" || { cat $T/groups; return 1; }; }
