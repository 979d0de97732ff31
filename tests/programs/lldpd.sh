#!/usr/bin/env bash
# lldpd: LLDP between hosts, frames that no bridge forwards.
. "${0%/*}/lib.sh"
needs lldpd lldpd lldpcli

lldp_on() {
	mkdir -p /run/lldpd $T/$1.lldp
	spawn_anew $1 lldpd unshare --mount --uts bash -c "hostname host-$1 && mount --bind $T/$1.lldp /run/lldpd &&
		exec lldpd -d -I edge0 -C edge0 -u /run/lldpd/socket -S host-$1"
	wait_for 5 test -S $T/$1.lldp/socket && on $1 lldpcli -u $T/$1.lldp/socket configure lldp tx-interval 1
}
knows() {
	local ns
	on $1 lldpcli -u $T/$1.lldp/socket show neighbors >$T/neighbours
	for ns in a b c; do [ $ns = $1 ] || grep -qE "(SysName|SysDescr): +host-$ns" $T/neighbours || return; done
}

lldp() {
	local ns
	for ns in a b c; do expect "lldpd starts on $ns" lldp_on $ns; done
	for ns in a b c; do expect "$ns sees the others" wait_for 15 knows $ns; done
	stops lldpd a b c
}

in_modes lldp
finish
