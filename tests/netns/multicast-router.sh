#!/usr/bin/env bash
# Multicast across networks: a LAN behind a multicast router on an edge's host (smcroute, skipped where it is not
# installed), in both directions, and a VLAN on edge0, in frames as 802.1Q has them.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 r=192.168.77.13/24
lan behind r=10.20.0.1/24 m=10.20.0.11/24 n=10.20.0.12/24
lan_multicast behind
start_supernode sn
edges a b r -- -l 192.168.77.1 -n 224.0.0.0/4 -r
for ns in a b r; do ip -n $ns -6 address add "fd00:9::$(overlay_of $ns | cut -d. -f4)/64" dev edge0 nodad; done
ip -n r -6 address add fd00:20::1/64 dev eth1 nodad
for ns in m n; do
	ip -n $ns -6 address add "fd00:20::$(printf %x "'$ns")/64" dev eth0 nodad
	ip -n $ns -6 route add default via fd00:20::1
	gateway $ns 10.20.0.1
done
for ns in a b; do
	ip -n $ns route add 10.20.0.0/24 via "$(overlay_of r)"
	ip -n $ns -6 route add fd00:20::/64 via "fd00:9::$(overlay_of r | cut -d. -f4)"
done
router r
on r sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'

# A router takes one off the TTL.
sends() { on "$1" mcping send "$2" -i "$3" -t 8 -c 100 -r 500 -e "$4" -W 0.5; }

# They come in trains; the kernel routes none that were joined.
bursts() { on "$1" mcping send "$2" -i "$3" -t 8 -c 2000 -r 50000 -s 1000 -e "$4" -W 0.5; }

# ---- smcroute

# smcroute_with LINE...: routes both ways between edge0 and eth1, and what the lines say.
smcroute_with() {
	[ ! -e $T/r.smcroute.pid ] || stop r smcroute
	printf '%s\n' "$@" "mroute from edge0 group 239.20.0.0/16 to eth1" "mroute from eth1 group 239.30.0.0/16 to edge0" \
		"mroute from edge0 group ff15::20:1 to eth1" "mroute from eth1 group ff15::30:1 to edge0" >$T/smcroute.conf
	spawn_anew r smcroute smcrouted -n -N -m 4 -f $T/smcroute.conf
	wait_for 5 on r smcroutectl show
}
wants_all() { on r edge status groups | grep 'all groups, for a multicast router'; }
router_known() { on a edge status groups | grep 'a multicast router or querier is in the overlay'; }

users_smcroute() {
	has smcrouted || { skip "smcroute" "not installed (Debian package smcroute)"; return; }
	local ns
	check "smcroute: starts, joins on edge0" smcroute_with "phyint edge0 enable" "phyint eth1 enable" \
		"mgroup from edge0 group 239.20.0.1" "mgroup from edge0 group ff15::20:1"
	check "smcroute: its edge is a member" member 01:00:5e:14:00:01 r
	check "smcroute: m joins behind it" joins m one 239.20.0.1 eth0
	check "smcroute: n joins behind it" joins n one 239.20.0.1 eth0
	check "smcroute: from the overlay to both, once" sends a 239.20.0.1 edge0 2
	for ns in m n; do stop $ns one; done
	check "smcroute: m joins behind it, IPv6" joins m six '[ff15::20:1]' eth0
	check "smcroute: its edge is a member, IPv6" member 33:33:00:20:00:01 r
	check "smcroute: from the overlay, IPv6, once" sends a '[ff15::20:1]' edge0 1
	stop m six
	for ns in a b; do check "smcroute: $ns joins in the overlay" joins $ns one 239.30.0.1 edge0; done
	check "smcroute: they are members" member 01:00:5e:1e:00:01 a b
	check "smcroute: from the LAN behind it to both, once" sends m 239.30.0.1 eth0 2
	check "smcroute: b joins in the overlay, IPv6" joins b six '[ff15::30:1]' edge0
	check "smcroute: b is a member, IPv6" member 33:33:00:30:00:01 b
	check "smcroute: from the LAN behind it, IPv6, once" sends m '[ff15::30:1]' eth0 1
	check "smcroute: without joining, it announces itself" smcroute_with "phyint edge0 enable mrdisc" "phyint eth1 enable"
	check "smcroute: its edge wants all groups" wait_for 10 wants_all
	check "smcroute: other edges know of a router" wait_for 10 router_known
	check "smcroute: m joins another group behind it" joins m two 239.20.0.2 eth0
	check "smcroute: from the overlay, once" sends a 239.20.0.2 edge0 1
	check "smcroute: a burst from the overlay, once" bursts a 239.20.0.2 edge0 1
	capture r edge0 igmp 'igmp and host 10.9.9.1'
	check "smcroute: a joins in the overlay" joins a two 239.30.0.2 edge0
	check "smcroute: the router hears a's report" wait_for 5 log_has r.igmp '10\.9\.9\.1 > 224\.0\.0\.22: igmp v3 report'
	stop m two
	stop a two
	for ns in a b; do stop $ns one; done
	stop r igmp
	stop r smcroute
}

# ---- a VLAN

cat >$T/vlan.py <<'PYTHON'
# vlan.py join|send VLAN COUNT: frames to 239.77.7.7 on a VLAN of edge0, each with its number.
import socket, struct, sys
what, vlan, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
GROUP, MAC, LOCAL_EXPERIMENT = socket.inet_aton("239.77.7.7"), bytes.fromhex("01005e4d0707"), 0x88b5
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("edge0", 3))
s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
own = s.getsockname()[4]
def tagged(to, ethertype, payload):
    s.send((to + own + struct.pack(">HHH", 0x8100, vlan, ethertype) + payload).ljust(64, b"\0"))
def checksum(b):
    n = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    n = (n & 0xffff) + (n >> 16)
    return ~(n + (n >> 16)) & 0xffff
def igmp(kind):
    m = struct.pack(">BBH4s", kind, 0, 0, GROUP)
    m = m[:2] + struct.pack(">H", checksum(m)) + m[4:]
    h = struct.pack(">BBHHHBBH4s4s", 0x45, 0xc0, 28, 0, 0, 1, 2, 0, socket.inet_aton("10.9.77.2"), GROUP)
    tagged(MAC, 0x0800, h[:10] + struct.pack(">H", checksum(h)) + h[12:] + m)
if what == "send":
    for n in range(count): tagged(MAC, LOCAL_EXPERIMENT, struct.pack(">I", n))
    sys.exit()
igmp(0x16)
print("joined", flush=True)
seen = []
s.settimeout(10)
try:
    while True:
        frame, control, _, address = s.recvmsg(2000, 100)
        tag = [struct.unpack("=IIIHHHH", data)[5] for level, kind, data in control if kind == PACKET_AUXDATA]
        if address[2] == PACKET_OUTGOING or (tag[0] & 0xfff if tag else 0) != vlan: continue
        if address[1] == 0x0800 and frame[23] == 2 and frame[14 + (frame[14] & 15) * 4] == 0x11:
            print("query", flush=True)
            igmp(0x16)
        if frame[:6] == MAC and address[1] == LOCAL_EXPERIMENT:
            seen.append(struct.unpack(">I", frame[14:18])[0])
        if len(set(seen)) == count: s.settimeout(0.3)
except TimeoutError: pass
print("received", len(seen), "of them different", len(set(seen)))
sys.exit(sorted(seen) != list(range(count)))
PYTHON

users_vlan() {
	has python3 || { skip "VLAN" "needs python3"; return; }
	spawn_anew b vlan python3 $T/vlan.py join 7 100
	check "VLAN: b joins" wait_for 5 log_has b.vlan joined
	check "VLAN: b is asked on it" wait_for 5 log_has b.vlan query
	check "VLAN: b is a member" member 01:00:5e:4d:07:07 b
	check "VLAN: a sends" on a python3 $T/vlan.py send 7 100
	check "VLAN: b got each frame once, tagged" wait "$(pid_of b vlan)"
	if ip -n a link add vlan7 link edge0 type vlan id 7 2>/dev/null; then
		ip -n b link add vlan7 link edge0 type vlan id 7
		for ns in a b; do ip -n $ns address add "10.9.77.$(overlay_of $ns | cut -d. -f4)/24" dev vlan7; done
		for ns in a b; do ip -n $ns link set vlan7 up; done
		check "VLAN device: b joins" joins b vlan7 239.77.7.8 vlan7
		check "VLAN device: b is a member" member 01:00:5e:4d:07:08 b
		check "VLAN device: everything once" sends a 239.77.7.8 vlan7 1
	else
		skip "VLAN device" "this kernel has no 8021q"
	fi
}

users_smcroute
users_vlan
finish
