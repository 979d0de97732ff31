#!/usr/bin/env bash
# A log that nobody reads holds up nothing, and what it lost is counted and told.
. "${0%/*}/lib.sh"
netns_enter "$@"

has python3 || netns_skip "needs python3"
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn
edges b -- -l 192.168.77.1

# full COMMAND...: runs it with a full pipe as standard error; what is in there is read when $T/read exists.
cat >$T/full <<'PYTHON'
import os, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
try:
	while True:
		os.write(w, b"full\n" * 800)
except BlockingIOError:
	pass
os.set_blocking(w, True)
if os.fork() == 0:
	os.close(w)
	while not os.path.exists("/run/test/read"):
		time.sleep(0.05)
	with open("/run/test/read.log", "wb", buffering=0) as f:
		while chunk := os.read(r, 65536):
			f.write(chunk)
	os._exit(0)
os.close(r)
os.dup2(w, 2)
os.execvp(sys.argv[1], sys.argv[1:])
PYTHON
spawn a edge python3 $T/full edge -f -v -c net -a 10.9.9.1 -l 192.168.77.1
check "standard error is full: the edge registers" wait_for 5 registered a
check "ping" reaches a 10.9.9.2
check "reload" on a edge reload
check "ping again" reaches a 10.9.9.2
lost() { [ "$(counter "$(edge_json a)" log_lines_lost)" -ge 3 ]; }
check "the lines that were lost are counted" wait_for 5 lost
: >$T/read
told() { grep -aqE '[0-9]+ lines of this log were lost' $T/read.log; }
check "and told when somebody reads" wait_for 10 told
check "the log goes on" on a edge reload
goes_on() { grep -aE 'reloaded' $T/read.log; }
check "with the next line" wait_for 5 goes_on
finish
