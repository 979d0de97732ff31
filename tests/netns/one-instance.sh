#!/usr/bin/env bash
# Supernode and edge on one instance, with the supernode named by 127.0.0.1, by its own address, by name.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
gateway a 192.168.77.254
name 192.168.77.11 n2na1
name 127.0.1.1 debian-style     # Debian's name of the host itself

# The bytes of 127.0.0.1 in a datagram of the overlay that goes to the others.
hex_of() { sed 's/^[[:space:]]*0x[0-9a-f]*: *//' "$1" | tr -d ' \n'; }
told_loopback() { hex_of $T/b.told.log | grep -E '7f000001|7f000101'; }

for how in 127.0.0.1 192.168.77.11 n2na1 debian-style localhost; do
	start_supernode a -l 1200
	spawn b told tcpdump -Z root -lnn -x -i eth0 'udp src port 1200 and not dst port 5000'
	spawn b own tcpdump -Z root -lnn -i lo 'udp'
	wait_for 5 log_has b.told 'listening on'
	wait_for 5 log_has b.own 'listening on'
	start_edge a -l $how:1200 -c net -a 10.9.9.1
	start_edge b -l n2na1:1200 -c net -a 10.9.9.2
	start_edge c -l n2na1:1200 -c net -a 10.9.9.3
	check "-l $how: registered" all_registered a b c
	check "-l $how: ping" reaches a 10.9.9.2
	check "-l $how: ping back" reaches b 10.9.9.1
	check "-l $how: direct" becomes_direct a b
	mcast_listen b c
	check "-l $how: multicast to the others" mcast_arrives a 20 2
	stop b mcast
	mcast_listen a
	check "-l $how: multicast from another" mcast_arrives b 20 2
	check "-l $how: peers are never told a loopback address" not told_loopback
	check "-l $how: and send nothing to their own" not log_has b.own ' UDP'
	for ns in a c; do stop $ns mcast; done
	stop b told
	stop b own
	stop_edges a b c
	stop a supernode
	rm -f $T/b.told.log $T/b.own.log
done
finish
