#!/usr/bin/env bash
# OpenPGM and NORM as transports of ZeroMQ: numbered messages of a publisher, each once and in order at two subscribers.
. "${0%/*}/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import zmq, sys; sys.exit(not (zmq.has("pgm") and zmq.has("norm")))' 2>/dev/null ||
	{ echo "skipped: zeromq: no ZeroMQ with PGM and NORM (Debian package python3-zmq)"; exit 77; }
needs python3-zmq "$PYTHON"

cat >$T/zeromq.py <<'PYTHON'
import sys, time, zmq
what, url, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = zmq.Context()
if what == "sub":
    s = context.socket(zmq.SUB)
    s.setsockopt(zmq.SUBSCRIBE, b"")
    s.setsockopt(zmq.RCVTIMEO, 20000)
    s.connect(url)
    print("listening", flush=True)
    numbers = []
    while True:
        m = s.recv()
        if m == b"hello": 
            print("heard", flush=True)
            continue
        if m == b"end": break
        numbers.append(int(m[:8]))
    print("received", len(numbers), "in order", numbers == list(range(count)), flush=True)
    sys.exit(numbers != list(range(count)))
s = context.socket(zmq.PUB)
s.setsockopt(zmq.RATE, 20000)
s.connect(url)
def heard(): return all("heard" in open(log).read() for log in sys.argv[5:])
end = time.time() + 15
while not heard() and time.time() < end:
    s.send(b"hello")
    time.sleep(0.1)
for n in range(count):
    s.send(b"%08d" % n + b"x" * size)
    time.sleep(0.002)
s.send(b"end")
end = time.time() + 15
while not all("received" in open(log).read() for log in sys.argv[5:]) and time.time() < end: time.sleep(0.05)
s.close(linger=0)
context.term()
PYTHON

# over NAME GROUP_MAC URL MESSAGES BYTES: @ in the URL is the host's address.  NORM, with its congestion control, is slow.
over() {
	local ns
	for ns in b c; do spawn_anew $ns zeromq "$PYTHON" $T/zeromq.py sub "${3//@/$(overlay_of $ns)}" $4 $5; done
	expect "$1: both have joined" wants $2 b c
	expect "$1: their edges are members" member $2 b c
	expect "$1: a publishes" on a timeout 40 "$PYTHON" $T/zeromq.py pub "${3//@/10.9.9.1}" $4 $5 $T/b.zeromq.log $T/c.zeromq.log
	expect "$1: a sends to two" sends_to $2 a 2
	for ns in b c; do expect "$1: $ns got each once, in order" wait "$(pid_of $ns zeromq)"; done
}
both() {
	over PGM 01:00:5e:37:05:01 'epgm://@;239.55.5.1:5555' 200 2000
	over NORM 01:00:5e:37:05:02 'norm://@;239.55.5.2:5556' 50 200
}

in_modes both
finish
