#!/usr/bin/env bash
# RcvbufErrors of /proc/net/snmp, the drops column of /proc/net/udp and SO_RXQ_OVFL count what a full socket buffer could not
# take: with UDP_GRO that is whole trains, each counted once, however many datagrams it has.  "271 lost" may be 13,000.
. "${0%/*}/lib.sh"
finding_enter

cat >$T/receive.py <<'PYTHON'
import socket, sys, time, os
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 104, 1)                                             # UDP_GRO
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100000)
s.bind(("", 5000))
print("listening", flush=True)
while not os.path.exists(sys.argv[1]): time.sleep(0.05)
s.settimeout(0.2)
n = 0
try:
    while True: n += len(s.recv(65535)) // 1000
except TimeoutError: pass
print("received", n, flush=True)
PYTHON
cat >$T/send.py <<'PYTHON'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1000)
for _ in range(100): s.sendto(bytes(40000), ("10.0.0.2", 5000))
PYTHON
errors() { on b awk '/^Udp:/ && $6 ~ /^[0-9]/ { print $6 }' /proc/net/snmp; }
on b python3 $T/receive.py $T/sent >$T/received &
receiver=$!
until_true 5 grep listening $T/received
on a python3 $T/send.py
: >$T/sent
wait $receiver
lost=$((4000 - $(sed -n 's/received //p' $T/received)))
counted=$(on b cat /proc/self/net/snmp | awk '/^Udp:/ && $6 ~ /^[0-9]/ { print $6 }')
echo "of 4000 datagrams in trains of 40 lost: $lost; RcvbufErrors: $counted"
seen "datagrams lost for each one counted" "$((lost / (counted ? counted : 1)))" 40
finish
