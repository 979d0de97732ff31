#!/usr/bin/env bash
# multicat (VideoLAN): an MPEG transport stream at its pace to two receivers; the bytes of all its packets, in order.
. "${0%/*}/lib.sh"
needs multicat multicat ingests

# 4004 packets of one PID with a clock reference in each tenth.
cat >$T/ts.py <<'PYTHON'
import struct, sys
out = open(sys.argv[1], "wb")
for n in range(4004):
    pcr = n * 188 * 8 * 27 // 4
    base, ext = pcr // 300, pcr % 300
    field = bytes([7, 0x10]) + struct.pack(">IH", base >> 1, (base & 1) << 15 | 0x7e00 | ext)
    if n % 10: head, field = 0x10, b""
    else: head = 0x30
    packet = bytes([0x47, 0x40 if n == 0 else 0, 68, head | n & 15]) + field + struct.pack(">I", n)
    out.write(packet.ljust(188, b"\x55"))
PYTHON
python3 -I -S $T/ts.py $T/stream.ts

count_of() { python3 -I -S -c "
import sys
d = open('$T/$1.file', 'rb').read()
n = [int.from_bytes(p[12 if p[3] & 0x20 else 4:][:4], 'big') for p in (d[i:i + 188] for i in range(0, len(d), 188))]
print(len(n), n[:3], n[-3:])
sys.exit(n != list(range(4004)))"; }
got_all() { count_of b && count_of c; }

stream() {
	local ns mac=01:00:5e:37:01:01
	rm -f $T/?.file
	for ns in b c; do spawn_anew $ns multicat multicat -u -U @239.55.1.1:5004/ifname=edge0 $T/$ns.file; done
	expect "both have joined" wants $mac b c
	expect "their edges are members" member $mac b c
	expect "a has direct paths to both" settled 239.55.1.1 $mac 2
	count_from $mac
	expect "a streams it" on a timeout 30 multicat -u -U -t 8 $T/stream.ts 239.55.1.1:5004/ifname=edge0
	expect "a sends to two" sends_to $mac a 2
	expect "each datagram arrived once" each_once $mac 570 b c
	stops multicat b c
	expect "both got all packets once, in order" got_all
}

expect_ingested() { (cd $T && ingests -p 68 stream.ts); }
MODE=before expect "the stream is one" expect_ingested
in_modes stream
finish
