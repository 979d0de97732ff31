#!/usr/bin/env bash
# A Linux host whose link lost its carrier and has it again reports its IPv6 groups (MLD) by itself, but not its IPv4 ones
# (IGMP): a switch or querier that forgot them meanwhile has to ask.
. "${0%/*}/lib.sh"
finding_enter

cat >$T/join.py <<'PYTHON'
import socket, struct, time
i = socket.if_nametoindex("vb")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.1.1") + socket.inet_aton("10.0.0.2"))
t = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
t.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff15::1:1") + struct.pack("=I", i))
print("joined", flush=True)
time.sleep(60)
PYTHON
cat >$T/count.py <<'PYTHON'
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("va", 3))
print("listening", flush=True)
end, igmp, mld = time.time() + 6, 0, 0
s.settimeout(0.2)
while time.time() < end:
    try: f = s.recv(2000)
    except OSError: continue
    igmp += f[12:14] == b"\x08\x00" and f[23] == 2 and bytes([239, 1, 1, 1]) in f
    mld += f[12:14] == b"\x86\xdd" and b"\xff\x15" + bytes(11) + b"\x01\x00\x01" in f
print("igmp", "yes" if igmp else "no", "mld", "yes" if mld else "no", flush=True)
PYTHON
reports() { # COMMAND: what comes in the 6 s after it
	on a python3 $T/count.py >$T/counted &
	local counter=$!
	until_true 5 grep listening $T/counted
	"$@"
	wait $counter
	tail -n 1 $T/counted
}
join() { on b python3 $T/join.py >$T/joined & until_true 5 grep joined $T/joined; }
# a's end goes down, so b's loses its carrier, and it comes back.
carrier() { ip -n a link set va down; sleep 1; ip -n a link set va up; }
seen "reports of the two groups when they are joined" "$(reports join)" "igmp yes mld yes"
seen "reports of them when the carrier is back" "$(reports carrier)" "igmp no mld yes"
finish
