#!/usr/bin/env bash
# Segmentation and coalescing against the kernel's: super-frames go into one TAP of a bridge and leave by another that
# takes none, so that the kernel cuts them in software; tests/tools/gso.c compares.
. "${0%/*}/lib.sh"
netns_enter "$@"

hosts k
on k sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
ip -n k link add br0 type bridge mcast_snooping 0
ip -n k link set br0 up
for tap in in out; do
	ip -n k tuntap add dev $tap mode tap
	ip -n k link set dev $tap master br0 mtu 9000 up
done

# compare TOOL KIND NAME: exit status 77 means that the kernel cannot do it.
compare() {
	on k "$1" in out "$2" >$T/check.log 2>&1
	case $? in
	0) ok "$2: $3" ;;
	77) skip "$2: $3" "this kernel cannot" ;;
	*)
		fail "$2: $3"
		sed 's/^/  | /' $T/check.log | head -n 30
		;;
	esac
}
for kind in tcp udp; do compare gso $kind "cut like the kernel, and what is joined comes back as it was"; done

# GRO keeps what it has for 20 ms, so that frames written one by one find each other.
if ip netns exec k sh -c 'echo 20000000 >/sys/class/net/in/gro_flush_timeout' 2>/dev/null &&
	on k ethtool -K in rx-udp-gro-forwarding on 2>/dev/null; then
	for kind in tcp udp; do compare gro $kind "the kernel's GRO joins what we join"; done
else
	skip "the kernel's GRO" "no gro_flush_timeout, or no ethtool"
fi
finish
