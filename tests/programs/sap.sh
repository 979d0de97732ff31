#!/usr/bin/env bash
# minisapserver (SAP): b and c hear what a announces, and IPv6 too.
. "${0%/*}/lib.sh"
needs minisapserver sapserver socat

printf '%s\n' "[global]" "sap_delay=1" "interface=edge0" "[program]" "name=castnet channel" "user=test" "machine=a" \
	"address=239.55.6.9" "program_ttl=1" >$T/sap.conf
hears() { grep -aq 's=castnet channel' $T/$1.file; }

sap() {
	local ns mac=01:00:5e:02:7f:fe
	rm -f $T/?.file
	for ns in b c; do spawn_anew $ns socat socat -u UDP4-RECV:9875,ip-add-membership=224.2.127.254:edge0 CREATE:$T/$ns.file; done
	expect "both have joined" wants $mac b c
	expect "their edges are members" member $mac b c
	spawn_anew a sap sapserver -f $T/sap.conf -s
	for ns in b c; do expect "$ns hears the announcement" wait_for 15 hears $ns; done
	expect "a sends to two" sends_to $mac a 2
	count_from $mac
	expect "each arrives once" each_once $mac 3 b c
	stops sap a
	stops socat b c
}

in_modes sap
finish
