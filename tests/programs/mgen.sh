#!/usr/bin/env bash
# mgen (NRL): 400 numbered datagrams to a group; each is in both receivers' logs once.
. "${0%/*}/lib.sh"
needs mgen mgen

numbers() { grep -o 'RECV .* seq>[0-9]*' $T/$1.mgen.log | sed 's/.*seq>//' | sort -n; }
got_each() { numbers $1 | cmp - $T/numbers; }
both_got() { got_each b && got_each c; }

generate() {
	local ns mac=01:00:5e:37:02:01
	seq 0 399 >$T/numbers
	for ns in b c; do spawn_anew $ns mgen mgen flush event "0.0 LISTEN UDP 5000" event "0.0 JOIN 239.55.2.1 INTERFACE edge0"; done
	expect "both have joined" wants $mac b c
	expect "their edges are members" member $mac b c
	count_from $mac
	expect "a sends" on a timeout 20 mgen interface edge0 ttl 2 \
		event "0.0 ON 1 UDP DST 239.55.2.1/5000 PERIODIC [200 512] COUNT 400" event "4.0 OFF 1"
	expect "a sends to two" sends_to $mac a 2
	expect "both got each once" wait_for 10 both_got
	expect "each frame arrived once" each_once $mac 400 b c
	stops mgen b c
}

in_modes generate
finish
