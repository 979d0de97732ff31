#!/usr/bin/env bash
# dnsmasq's DHCP on a: c, whose edge has no address of its own, gets one, and its multicast works.
. "${0%/*}/lib.sh"
needs "dnsmasq-base udhcpc" dnsmasq udhcpc

printf '#!/bin/sh\n[ "$1" != bound ] || ip address replace "$ip/24" dev edge0\n' >$T/bound
chmod +x $T/bound
has_lease() { edge0_has c '10.9.9.[5-9]?/24'; }

dhcp() {
	stop_edges c
	expect "c's edge starts without an address" start_edge c -c net -l 192.168.77.1 -n 224.0.0.0/4 -r -a dhcp:0.0.0.0
	expect "it registers" all_registered c
	spawn_anew a dnsmasq dnsmasq -k -p 0 -i edge0 -z --dhcp-range=10.9.9.50,10.9.9.99,255.255.255.0 --dhcp-option=3 \
		--dhcp-leasefile=$T/leases -u root --pid-file= --log-facility=-
	spawn_anew c udhcpc udhcpc -f -i edge0 -s $T/bound -t 20 -T 1
	expect "c gets an address" wait_for 15 has_lease
	expect "it reaches a" reaches c 10.9.9.1
	expect "c joins" mcast_listen c
	expect "each datagram once" mcast_arrives b 100 1
	expect "the group is there" wants 01:00:5e:0a:0a:0a c
	expect "b sends to one" sends_to 01:00:5e:0a:0a:0a b 1
	stops udhcpc c
	stops dnsmasq a
	stops mcast c
}

in_modes dhcp -r
finish
