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

for kind in tcp udp; do
	on k gso in out $kind >$T/check.log 2>&1
	case $? in
	0) ok "$kind: cut like the kernel, and what is joined comes back as it was" ;;
	77) skip "$kind" "this kernel takes no such super-frames from a TAP" ;;
	*)
		fail "$kind: cut like the kernel, and what is joined comes back as it was"
		sed 's/^/  | /' $T/check.log | head -n 30
		;;
	esac
done
finish
