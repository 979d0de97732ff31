#!/usr/bin/env bash
# wsdd (WS-Discovery, as Windows finds hosts): a's client finds the hosts of b and c.
. "${0%/*}/lib.sh"
needs wsdd wsdd

DISCOVERY=01:00:5e:7f:ff:fa
found() { log_has a.client 'HOST-B' && log_has a.client 'HOST-C'; }
discover() {
	local ns
	for ns in b c; do spawn_anew $ns wsdd wsdd -4 -i edge0 -n host-$ns -v; done
	expect "both have joined" wants $DISCOVERY b c
	spawn_anew a client wsdd -4 -i edge0 -D -o -vv
	expect "a finds both" wait_for 20 found
	stops client a
	stops wsdd b c
}

in_modes discover
finish
