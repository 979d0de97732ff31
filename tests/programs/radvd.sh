#!/usr/bin/env bash
# radvd on a: router advertisements give b and c addresses, by which they reach each other.
. "${0%/*}/lib.sh"
needs radvd radvd

printf '%s\n' "interface edge0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 0;" \
	"prefix fd00:9:9::/64 { }; };" >$T/radvd.conf
address_of() { ip -n $1 -6 -o address show dev edge0 scope global | grep -o 'fd00:9:9:[^/]*'; }
reach() { on c ping -n -c 1 -W 1 "$(address_of b)"; }

advertise() {
	local ns
	on a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	spawn_anew a radvd radvd -n -C $T/radvd.conf -p $T/radvd.pidfile -m stderr -u root
	for ns in b c; do expect "$ns makes an address" wait_for 15 address_of $ns; done
	expect "c reaches b by it" wait_for 5 reach
	stops radvd a
}

in_modes advertise
finish
