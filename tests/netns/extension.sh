#!/usr/bin/env bash
# TCP over IPv6 behind long chains of extension headers: what the kernel hands over is cut, however long its headers are.
. "${0%/*}/lib.sh"
netns_enter "$@"
has python3 || netns_skip "needs python3"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn
edges a b -- -l 192.168.77.1
for ns in a b; do ip -n $ns -6 address add "fd00:9::$(overlay_of $ns | cut -d. -f4)/64" dev edge0 nodad; done

cat >$T/tcp.py <<'PYTHON'
# tcp.py sink|send BYTES OPTION_BYTES: to or from fd00:9::2, with destination options that nobody knows.
import socket, sys
IPV6_DSTOPTS, SKIP = 59, 0x1e
what, count, room = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
if what == "sink":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("fd00:9::2", 5001)); s.listen()
    print("listening", flush=True)
    c, _ = s.accept()
    got = 0
    while chunk := c.recv(1 << 20): got += len(chunk)
    print("got", got, flush=True)
    sys.exit(got != count)
total = (2 + room + 2 + 7) // 8 * 8
left, options = total - 2, b""
while left:
    n = min(left - 2, 250) if left - 2 <= 250 or left - 2 - 250 >= 4 else left - 6
    options += bytes([SKIP, n]) + bytes(n)
    left -= n + 2
header = bytes([0, total // 8 - 1]) + options
s.setsockopt(socket.IPPROTO_IPV6, IPV6_DSTOPTS, header)
s.settimeout(10)
s.connect(("fd00:9::2", 5001))
s.sendall(bytes(count))
s.close()
PYTHON

super_frames() { counter "$(edge_json a)" tap_super_frames_read; }
carries() {
	local before
	before=$(super_frames)
	spawn_anew b sink python3 $T/tcp.py sink 2000000 0
	wait_for 5 log_has b.sink listening || return
	on a timeout 20 python3 $T/tcp.py send 2000000 "$1" || { stop b sink; return 1; }
	wait "$(pid_of b sink)" && [ "$(super_frames)" -gt "$before" ]
}
check "direct" becomes_direct a b
for bytes in 8 240 800; do check "destination options of $bytes bytes" carries $bytes; done
check "nothing was refused" not grep tap_read_bad_offload <(on a edge status)
finish
