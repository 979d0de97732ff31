#!/usr/bin/env bash
# The data path with every part of the kernel's offload there, refused at the start, or failing at random moments
# (tests/tools/fault.c): everything arrives, once.
. "${0%/*}/lib.sh"
netns_enter "$@"
has socat || netns_skip "needs socat"
FAULT_SO=$BUILD/tests/tools/fault.so
[ -e "$FAULT_SO" ] || netns_skip "needs $FAULT_SO (make tests; a dynamic C library)"

lan vpc s=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
head -c 3000000 /dev/urandom >$T/sent

# faulty FAULTS HOST PROGRAM OPTIONS...: where the kernel has these faults; "-" is none, and --no-offload.
faulty() {
	local faults=$1 ns=$2 program=$3
	shift 3
	[ "$faults" != - ] || set -- "$@" --no-offload
	spawn "$ns" "$program" env LD_PRELOAD="$FAULT_SO" FAULT="${faults#-}" FAULT_SEED=1 "$program" -f -v "$@"
}

# start FAULTS_OF_S FAULTS_OF_A FAULTS_OF_B
start() {
	faulty "$1" s supernode
	wait_for 5 on s supernode status || return
	faulty "$2" a edge -c net -a 10.9.9.1 -l 192.168.77.1 "${options[@]}"
	faulty "$3" b edge -c net -a 10.9.9.2 -l 192.168.77.1 "${options[@]}"
	all_registered a b
}
stop_all() {
	kill "$(pid_of a edge)" "$(pid_of b edge)" "$(pid_of s supernode)"
	stop_edges a b
	stop s supernode
} 2>/dev/null   # they are gone

# in_use HOST PROGRAM FEATURE true|false
in_use() { on "$1" "$2" status --json | grep -o '"offload":{[^}]*}' | grep -q "\"$3\":$4"; }
none_in_use() { ! on "$1" "$2" status --json | grep -o '"offload":{[^}]*}' | grep -qE '"(vnet_hdr|tso|uso|gro|segment)":true'; }

# file FROM TO: over TCP.
file() {
	local to
	to=$(overlay_of "$2")
	rm -f $T/got
	spawn "$2" file socat -u TCP-LISTEN:5001,reuseaddr OPEN:$T/got,creat
	on "$1" timeout 20 socat -u OPEN:$T/sent "TCP:$to:5001,retry=100,interval=0.05" || return
	wait "$(pid_of "$2" file)"
	cmp $T/sent $T/got
}

# datagrams FROM TO SIZE: 600 over UDP, each exactly once.
probe() { on "$1" blast send "$2:5002" edge0 1000 1 16 && log_has "$3.sink" reached; }
datagrams() {
	local to
	to=$(overlay_of "$2")
	rm -f "$T/$2.sink.log"
	spawn "$2" sink blast sink "$to:5002" edge0 600 "$2"
	wait_for 5 probe "$1" "$to" "$2" || return
	on "$1" blast send "$to:5002" edge0 6000 600 "$3" 16
	stop "$2" sink
	cat "$T/$2.sink.log"
	log_has "$2.sink" '"received": 600, "duplicates": 0'
}

# A join takes some milliseconds to be known at a source that has a list.
multicast() { mcast_listen b && wait_for 5 mcast_works a 1 && on a mcast send $GROUP edge0 20 1 -r 1; }

# carries NAME: both ways, TCP and UDP, and to a group.
carries() {
	check "$1: TCP" file a b
	check "$1: TCP back" file b a
	check "$1: UDP" datagrams a b 1000
	check "$1: multicast" multicast
}

direct_with() {
	local name=$1
	options=()
	check "$name" start "$2" "$3" "$4"
	check "$name: direct" becomes_direct a b
	carries "$name"
}
relayed_with() {
	local name="$1, relayed"
	options=(-S1)
	check "$name" start "$2" "$3" "$4"
	check "$name: reached" reaches a 10.9.9.2
	carries "$name"
}

# ---- what is refused at the start

direct_with "all features" '' '' ''
if in_use a edge tso true && in_use a edge segment true && in_use a edge gro true; then
	everything=1
	check "super-frames were read" test "$(counter "$(edge_json a)" tap_super_frames_read)" -gt 0
	check "super-frames were written" test "$(counter "$(edge_json b)" tap_super_frames_written)" -gt 0
	check "nothing was given up" not grep -E 'given_up|bad_offload|unknown_offload' <(on a edge status)
else
	everything=
	skip "super-frames" "this kernel has not all of them"
fi
stop_all

direct_with "no vnet_hdr here, no USO there" '' vnet_hdr:EINVAL uso:EINVAL
check "no vnet_hdr: status" in_use a edge vnet_hdr false
check "no USO: status" in_use b edge uso false
stop_all
# without HOST PROGRAM FEATURE...
without() {
	local feature
	for feature in "${@:3}"; do in_use "$1" "$2" "$feature" false || return; done
}
relayed_with "no recvmmsg, no UDP_SEGMENT" recvmmsg:ENOSYS,segment:ENOPROTOOPT recvmmsg:ENOSYS,segment:ENOPROTOOPT ''
check "they are not in use" without a edge recvmmsg segment
check "nor at the supernode" without s supernode recvmmsg segment
stop_all
relayed_with "no sendmmsg, no UDP_GRO" sendmmsg:ENOSYS,gro:ENOPROTOOPT sendmmsg:ENOSYS,gro:ENOPROTOOPT ''
check "they are not in use" without a edge sendmmsg gro
check "nor at the supernode" without s supernode sendmmsg gro
stop_all
all=recvmmsg:ENOSYS,sendmmsg:ENOSYS,gro:ENOPROTOOPT,segment:ENOPROTOOPT
relayed_with "none of them" "$all" "$all,vnet_hdr:EINVAL" "$all,tso:EINVAL"
check "none of them is in use" without a edge vnet_hdr tso uso gro segment recvmmsg sendmmsg
check "no TSO: status" without b edge tso uso
stop_all

# ---- switched off

direct_with "--no-offload here" '' - ''
check "--no-offload: status" none_in_use a edge
stop_all
relayed_with "--no-offload everywhere" - - -
check "--no-offload: status of the supernode" none_in_use s supernode
check "--no-offload: for people" status_says s supernode '^offload: (recvmmsg sendmmsg)?$'
stop_all

# ---- what fails while it runs

relayed_with "UDP_SEGMENT failing at once" cut:EIO cut:EOPNOTSUPP ''
if [ -n "$everything" ]; then
	check "unknown to the kernel: given up" in_use a edge segment false
	check "it is counted" test "$(counter "$(edge_json a)" udp_segment_given_up)" = 1
	check "refused by the path: other paths may take it" in_use s supernode segment true
	check "that is counted" test "$(counter "$(supernode_json s)" udp_segment_refused)" -gt 0
fi
stop_all
direct_with "super-frames refused now and then" '' '' super:EINVAL:0.05
[ -z "$everything" ] || check "now and then is no reason to do without" in_use b edge tso true
stop_all
direct_with "super-frames refused" '' '' super:EINVAL
[ -z "$everything" ] || check "they rest" test "$(counter "$(edge_json b)" tap_offload_given_up)" -gt 0
stop_all
now_and_then=cut:EMSGSIZE:0.02,send:EINTR:0.02,read:EINTR:0.02,write:EINTR:0.02,recvmmsg:EINTR:0.02,recvmmsg:EAGAIN:0.02
relayed_with "many things failing now and then" $now_and_then $now_and_then $now_and_then
[ -z "$everything" ] || check "too long for a device: not given up" in_use a edge segment true
stop_all

# What cannot go without loss: TCP gets over it.
options=()
losing=send:ENOBUFS:0.001,send:EAGAIN:0.01,write:ENOBUFS:0.001,cut:EIO:0.001,super:EINVAL:0.001
check "losses" start "$losing" "$losing" "$losing"
check "losses: direct" becomes_direct a b
check "losses: TCP" file a b
check "losses: TCP back" file b a
stop_all
finish
