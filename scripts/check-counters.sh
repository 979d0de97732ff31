#!/bin/sh
# Does man/castnet-status.7 explain every counter and every member of status --json, and nothing else?
# The names are taken from the lists in the headers that make the counters, and from what the status files describe.

cd "$(dirname "$0")/.." || exit 1
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT

lists='include/engine/edge/edge.h include/engine/supernode/supernode.h include/engine/secure/secure.h include/io/udp.h
	include/io/tap.h include/io/management.h include/core/membership.h include/core/igmp.h'
status='src/app/edge/status.c src/app/edge/sessions_status.c src/app/edge/groups.c src/app/supernode/status.c src/app/supernode/groups.c'
{
	# X(ENUM, "name") and X(name), in the lists only
	sed -n '/^#define [A-Z]*_\(DROPS\|SPARED\|COUNTS\|REFUSALS\)(X)/,/[^\\]$/p' $lists 2>/dev/null |
		grep -oE 'X\([A-Z0-9_]+, "[a-z0-9_]+"|X\([a-z0-9_]+\)' | sed 's/.*"\(.*\)"/\1/; s/X(\(.*\))/\1/'
	# those that have no list
	grep -ohE '\(const char \*const\[\]\)\{[^}]*\}' src/app/*/*.c | grep -oE '"[a-z0-9_]+"' | tr -d '"'
	# members and the names of arrays and objects
	grep -ohE 'value_(uint|bool|seconds|ms|word|text|mac|subnet|addr)\("[a-z0-9_]+"' $status | sed 's/.*"\(.*\)"/\1/'
	grep -ohE '\\"[a-z0-9_]+\\":\[' $status | tr -d '\\":['
	printf "%s\n" offload sender_key
} | grep -vx X | sort -u >"$out/told"
grep '^\.It Cm' man/castnet-status.7 | tr ' ' '\n' | grep -E '^[a-z0-9_]+$' | sort -u >"$out/explained"
comm -23 "$out/told" "$out/explained" | sed 's|^|man/castnet-status.7 does not explain |' >"$out/wrong"
comm -13 "$out/told" "$out/explained" | sed 's|$| is in man/castnet-status.7, and nobody tells it|' >>"$out/wrong"
cat "$out/wrong"
[ ! -s "$out/wrong" ]
