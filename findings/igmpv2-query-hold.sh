#!/usr/bin/env bash
# One IGMPv2 query holds a Linux host in version 2 (no source lists: one-source groups fail).  Not for 260 s, as RFC 3376
# computes from its defaults, but for robustness x query interval + response time of the last IGMPv3 query that it heard:
# 3 s after one that said 2, 1 s and 1 s.
. "${0%/*}/lib.sh"
finding_enter

cat >$T/query.py <<'PYTHON'
import socket, struct, sys
def checksum(b):
    n = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    return ~((n & 0xffff) + (n >> 16)) & 0xffff
m = struct.pack(">BBH4s", 0x11, 10, 0, b"") + (bytes([2, 1, 0, 0]) if sys.argv[1] == "3" else b"")
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.1"))
s.setsockopt(socket.IPPROTO_IP, 4, b"\x94\x04\0\0")                                   # IP_OPTIONS: router alert
s.sendto(m[:2] + struct.pack(">H", checksum(m)) + m[4:], ("224.0.0.1", 0))
PYTHON
version() { on b cat /proc/self/net/igmp | awk '$2 == "vb" { print $5 }'; }
is() { [ "$(version)" = "$1" ]; }
seen "at start" "$(version)" V3
on a python3 $T/query.py 3
on a python3 $T/query.py 2
until_true 2 is V2
start=$SECONDS
seen "after a version 2 query" "$(version)" V2
until_true 20 is V3
held=$((SECONDS - start))
seen "back in version 3 after 2 to 5 s (it took $held)" "$([ $held -ge 2 ] && [ $held -le 5 ] && echo yes || echo no)" yes
finish
