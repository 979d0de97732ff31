#!/usr/bin/env bash
# A UDP socket in the default mode (IP_PMTUDISC_WANT) sends lone datagrams with DF, but trains (UDP_SEGMENT) without it: the
# kernel compares the length of the whole train with the path MTU.  So a stream of trains is fragmented on the way and never
# learns the path MTU; IP_PMTUDISC_DO or IP_PMTUDISC_PROBE sets DF on every datagram.
. "${0%/*}/lib.sh"
finding_enter

cat >$T/df.py <<'PYTHON'
import os, socket, struct, sys
ETH_P_ALL, mode, train = 3, int(sys.argv[1]), int(sys.argv[2])
def inside(ns):
    fd = os.open("/run/netns/" + ns, os.O_RDONLY)
    os.setns(fd, 0x40000000)
inside("b")
sniff = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
sniff.bind(("vb", ETH_P_ALL))
sniff.settimeout(3)
inside("a")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if mode >= 0: s.setsockopt(socket.IPPROTO_IP, 10, mode)
if train > 1: s.setsockopt(socket.IPPROTO_UDP, 103, 1000)
s.sendto(bytes(1000 * train), ("10.0.0.2", 5000))
while True:
    f = sniff.recv(65536)
    if f[12:14] == b"\x08\x00" and f[23] == 17: break
print("DF" if f[20] & 0x40 else "no DF")
PYTHON
python3 -c 'import os; os.setns' 2>/dev/null || {
	# Python before 3.12 has no os.setns.
	sed -i '1s/.*/import ctypes, os, socket, struct, sys/; s/    os.setns(fd, 0x40000000)/    assert ctypes.CDLL(None).setns(fd, 0x40000000) == 0/' $T/df.py
}
seen "default, one datagram" "$(python3 $T/df.py -1 1)" "DF"
seen "default, a train of 10" "$(python3 $T/df.py -1 10)" "no DF"
seen "IP_PMTUDISC_DO, a train of 10" "$(python3 $T/df.py 2 10)" "DF"
seen "IP_PMTUDISC_PROBE, a train of 10" "$(python3 $T/df.py 3 10)" "DF"
finish
