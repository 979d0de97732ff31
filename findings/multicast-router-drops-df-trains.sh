#!/usr/bin/env bash
# Linux routes a UDP super-frame (GSO, GRO) of unicast to any MTU, and one of multicast too if it has no DF: ip_forward()
# looks at the length of its segments.  The IPv4 multicast router looks at the length of the whole, and drops each with DF
# that is longer than the MTU: whoever joins datagrams for a host that is a multicast router loses bursts, silently.
. "${0%/*}/lib.sh"
finding_enter

ip netns add c
ip -n c link set lo up
ip link add vr netns b type veth peer name vc netns c
ip -n b address add 10.0.1.1/24 dev vr && ip -n c address add 10.0.1.2/24 dev vc
ip -n b link set vr up && ip -n c link set vc up
ip -n a route add default via 10.0.0.2 && ip -n c route add default via 10.0.1.1
on b sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0

cat >$T/router.py <<'PYTHON'
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
s.setsockopt(socket.IPPROTO_IP, 200, 1)                                              # MRT_INIT
for vif, name in ((0, "vb"), (1, "vr")):                                              # MRT_ADD_VIF, by interface index
    s.setsockopt(socket.IPPROTO_IP, 202, struct.pack("=HBBIi4s", vif, 8, 1, 0, socket.if_nametoindex(name), b""))
ttls = bytearray(32)
ttls[1] = 1
s.setsockopt(socket.IPPROTO_IP, 204, socket.inet_aton("10.0.0.1") + socket.inet_aton("239.1.1.1") +  # MRT_ADD_MFC
             struct.pack("=H32sxxIIIi", 0, bytes(ttls), 0, 0, 0, 0))
print("routing", flush=True)
time.sleep(60)
PYTHON
cat >$T/receive.py <<'PYTHON'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4000000)
s.bind(("", 5000))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.1.1") + socket.inet_aton("10.0.1.2"))
print("listening", flush=True)
s.settimeout(1.5)
n = 0
try:
    while True: s.recv(3000); n += 1
except TimeoutError: pass
print("received", n, flush=True)
PYTHON
cat >$T/send.py <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.1"))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
s.setsockopt(socket.IPPROTO_IP, 10, int(sys.argv[2]))                                # IP_MTU_DISCOVER
s.setsockopt(socket.IPPROTO_UDP, 103, 1000)                                          # UDP_SEGMENT
for _ in range(10): s.sendto(bytes(10000), (sys.argv[1], 5000))
PYTHON
# routed ADDRESS IP_MTU_DISCOVER: of 100 datagrams in 10 trains
routed() {
	on c python3 $T/receive.py >$T/received &
	local receiver=$!
	until_true 5 grep listening $T/received
	on a python3 $T/send.py "$1" "$2"
	wait $receiver
	sed -n 's/received //p' $T/received
}
on b python3 $T/router.py >$T/router.log &
until_true 5 grep routing $T/router.log || { echo "skipped: no multicast router in this kernel"; exit 77; }
seen "unicast, DF, of 100 datagrams in trains of 10" "$(routed 10.0.1.2 2)" 100
seen "multicast, without DF" "$(routed 239.1.1.1 0)" 100
seen "multicast, DF" "$(routed 239.1.1.1 2)" 0
finish
