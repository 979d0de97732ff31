#!/usr/bin/env bash
# ssmping and asmping: b's daemon answers by unicast and by multicast, to listeners of one source and of any.
. "${0%/*}/lib.sh"
needs ssmping ssmping asmping ssmpingd

numbers_by() { grep -oE "$1 from 10.9.9.2,? seq=[0-9]+" $T/pinged | sed 's/.*=//' | sort -n; }
# Ten are asked; the first multicast ones may come before the join has been reported.
answered_once() {
	on a timeout 20 "$@" >$T/pinged 2>&1
	cat $T/pinged
	[ "$(numbers_by unicast | wc -l)" -ge 9 ] && [ "$(numbers_by multicast | wc -l)" -ge 8 ] &&
		[ -z "$(numbers_by unicast | uniq -d)" ] && [ -z "$(numbers_by multicast | uniq -d)" ]
}

pinged() {
	spawn_anew b ssmpingd ssmpingd
	wait_for 5 listens
	expect "one source" answered_once ssmping -4 -c 10 -I edge0 10.9.9.2
	expect "any source" answered_once asmping -4 -c 10 -I edge0 239.55.7.1 10.9.9.2
	stops ssmpingd b
}
listens() { on b ss -lnu | grep ':4321 '; }

in_modes pinged
finish
