#!/usr/bin/env bash
# mcping on a LAN and over castnet: several listeners, IPv4, IPv6, one source only, loss, duplicates, lost answers,
# the datagrams as mcping(1) draws them, exit statuses and JSON.
. "${0%/*}/lib.sh"
netns_enter "$@"

has python3 || netns_skip "needs python3"
lan sw a=10.0.0.1/24 b=10.0.0.2/24 c=10.0.0.3/24 d=10.0.0.4/24
lan_multicast sw
for n in a b c d; do ip -n $n address add fd00::$n/64 dev eth0 nodad; done
MG=239.10.10.10

# mc_listen HOST NAME OPTIONS...: returns when it has joined; fresh log.
mc_listen() {
	rm -f "$T/$1.$2.log"
	spawn "$1" "$2" mcping listen "${@:3}"
	wait_for 5 log_has "$1.$2" '^joined'
}
# mc_send HOST WORDS...: the JSON goes to $T/sent; the exit status is that of mcping.
mc_send() { on "$1" mcping send "${@:2}" --json >$T/sent; }
# says EXPRESSION: of the JSON in $T/sent: j is all of it, by are its responders or senders by address without port.
says() {
	python3 - "$1" $T/sent <<-'PYTHON' || { cat $T/sent; return 1; }
		import json, sys
		j = json.load(open(sys.argv[2]))
		rows = j.get("responders", j.get("senders"))
		by = {r["address"].rsplit(":", 1)[0]: r for r in rows}
		sys.exit(not eval("(" + sys.argv[1] + ")"))
	PYTHON
}
status_is() { local want=$1; shift; "$@"; [ $? -eq "$want" ]; }
# filter HOST DEVICE RULE...: on what comes in there.
filter() {
	on "$1" nft -f - <<-RULES
	table netdev mcping {
		chain in {
			type filter hook ingress device "$2" priority 0;
			${@:3}
		}
	}
	RULES
}
no_filter() { on "$1" nft delete table netdev mcping; }

# ---- who answers
mc_listen b one $MG -i eth0
mc_listen b two $MG -i eth0
mc_listen c one $MG -i eth0
mc_listen d other 239.10.10.11 -i eth0
check "three listeners, two of them on one host: everything once" mc_send a $MG -i eth0 -c 20 -r 200 -e 3
check "all numbers say so" says 'j["ok"] and j["sent"] == 20 and j["exactly_once"] == 3 and len(rows) == 3 and
	all(r["received"] == 20 and r["lost"] == r["duplicated"] == r["reordered"] == r["answers_lost"] == 0
	    and r["answers"] == 20 and r["hops"] == 0 and 0 < r["rtt_us"]["min"] <= r["rtt_us"]["avg"] <= r["rtt_us"]["max"]
	    and r["rtt_us"]["min"] <= r["rtt_us"]["p99"] <= r["rtt_us"]["max"] for r in rows)'
check "each has an id of its own" says 'len({r["id"] for r in rows}) == 3'
check "--expect one more: exit status 1" status_is 1 mc_send a $MG -i eth0 -c 3 -r 100 -e 4 -W 0.5
check "for that reason only" says 'not j["ok"] and j["exactly_once"] == 3 and j["expected"] == 4'
check "the group of another listener is another one" status_is 0 mc_send a 239.10.10.11 -i eth0 -c 3 -r 100
check "which he alone answers" says 'list(by) == ["10.0.0.4"]'
check "a large datagram, in fragments" mc_send a $MG -i eth0 -c 3 -r 100 -s 20000 -e 3
check "the table has a row for each, and a sum" on a sh -c "mcping send $MG -i eth0 -c 3 -r 100 -e 3 >$T/table"
rows() {
	cat $T/table
	[ "$(grep -cE '^10\.0\.0\.[23]:[0-9]+ +3 +0 +0 +0 ' $T/table)" = 3 ] &&
		grep -q '3 of 3 listeners got everything exactly once' $T/table
}
check "as it should" rows
fast() { mc_send a $MG -i eth0 -r 20000 -c 20000; [ $? -le 1 ]; }
check "20,000 per second" fast
check "all are accounted for, few are answered" says 'j["sent"] == 20000 and len(rows) == 3 and
	all(r["received"] + r["lost"] == 20000 and 0 < r["answers"] < 10000 for r in rows)'

# ---- what is lost, and where
filter b eth0 udp dport 7655 numgen inc mod 5 0 drop
check "b loses one of five: still c got all" mc_send a $MG -i eth0 -c 100 -r 1000
check "and b is known to have lost them" says 'by["10.0.0.2"]["lost"] == 20 and by["10.0.0.2"]["received"] == 80 and
	by["10.0.0.3"]["lost"] == 0 and j["exactly_once"] == 1'
check "so --expect 3 fails" status_is 1 mc_send a $MG -i eth0 -c 100 -r 1000 -e 3
no_filter b
filter sw a udp dport 7655 dup to '"c"'
check "c gets each twice: b got all once" mc_send a $MG -i eth0 -c 50 -r 1000 -e 2
check "and c is known to have duplicates" says '
	by["10.0.0.3"]["duplicated"] == 50 and by["10.0.0.3"]["received"] == 50 and
	not by["10.0.0.3"]["exactly_once"] and by["10.0.0.3"]["answers_lost"] == 0 and by["10.0.0.2"]["duplicated"] == 0'
check "so --expect 3 fails" status_is 1 mc_send a $MG -i eth0 -c 50 -r 1000 -e 3
no_filter sw
filter a eth0 udp dport 9999 numgen inc mod 2 0 drop
check "half of the answers are lost: exit status 0" mc_send a $MG -i eth0 -c 100 -r 500 -p 9999 -e 3
check "nothing is lost on the way out, answers are" says 'all(r["lost"] == 0 and r["answers"] + r["answers_lost"] == 100
	for r in rows) and sum(r["answers_lost"] for r in rows) > 100'
no_filter a
check "all is well again" mc_send a $MG -i eth0 -c 10 -r 100 -e 3
spawn a endless mcping send $MG -i eth0 -c 0 -r 100 --json
wait_for 5 test -n "$(pid_of a endless)"
heard_twice() { mc_send b $MG -i eth0 -c 2 -r 100; }
check "two senders at a time, the other one without end" heard_twice
check "SIGINT: it reports, exit status 0" stop a endless INT
cp $T/a.endless.log $T/sent
check "what it sent until then" says 'j["sent"] > 0 and j["ok"] and len(rows) == 3'

# ---- the listeners' tables
stop b one INT
stop c one TERM
check "b: a line at first sight of each sender" test "$(grep -c '^10\.0\.0\.1:.* sends, run' $T/b.one.log)" -gt 5
# It does not know of one that was lost before the first that it got.
check "b: a table with what it lost" grep -qE '^10\.0\.0\.1:[0-9]+ +80 +(19|20) +0 +0$' $T/b.one.log
check "c: a table with duplicates" grep -qE '^10\.0\.0\.1:[0-9]+ +50 +0 +50 +0$' $T/c.one.log
stop b two
stop d other

# ---- one source only
mc_listen c from-a 232.1.1.1 -i eth0 -S 10.0.0.1
mc_listen d from-b 232.1.1.1 -i eth0 -S 10.0.0.2 -S 10.0.0.9
check "source-specific, from a" mc_send a 232.1.1.1 -i eth0 -c 5 -r 100
check "c alone answers" says 'list(by) == ["10.0.0.3"]'
check "from b" mc_send b 232.1.1.1 -i eth0 -c 5 -r 100
check "d alone answers" says 'list(by) == ["10.0.0.4"]'
stop c from-a
stop d from-b
mc_listen c from-a '[ff35::1]' -i eth0 -S fd00::a
mc_listen d from-b '[ff35::1]' -i eth0 -S fd00::b
check "source-specific, IPv6" mc_send a '[ff35::1]' -i eth0 -c 5 -r 100
check "c alone answers" says 'list(by) == ["[fd00::c]"]'
stop c from-a
stop d from-b

# ---- several addresses on one host: it asks from another one than it probes from, and is one sender all the same
ip -n a address add 10.0.0.101/24 dev eth0
ip -n a route add 10.0.0.2 dev eth0 src 10.0.0.101
mc_listen b multi $MG -i eth0
check "a sender with two addresses" mc_send a $MG -i eth0 -c 5 -r 100
stop b multi INT
check "the listener's table has one row for it" test "$(grep -cE '^10\.0\.0\.[0-9]+:[0-9]+ +5 +0 +0 +0$' $T/b.multi.log)" = 1
check "and no other" test "$(grep -cE '^10\.0\.0\.[0-9]+:[0-9]+ +[0-9]+ ' $T/b.multi.log)" = 1
ip -n a route del 10.0.0.2
ip -n a address del 10.0.0.101/24 dev eth0

# ---- IPv6
mc_listen b six '[ff15::1:10%eth0]:5000'
mc_listen c six '[ff15::1:10]:5000' -i eth0
mc_listen c link '[ff02::4321%eth0]'
check "IPv6, two listeners" mc_send a '[ff15::1:10]:5000' -i eth0 -c 10 -r 100 -e 2
check "IPv6, link-local group" mc_send a '[ff02::4321%eth0]' -c 10 -r 100
check "answered from a link-local address" says 'list(by)[0].startswith("[fe80:") and rows[0]["answers"] == 10'
stop b six
stop c six
stop c link

# ---- the datagrams, by somebody else
mc_listen c drawn $MG -i eth0
cat >$T/drawn.py <<'PYTHON'
import socket, struct, sys
def probe(kind, number, sent=0, flags=1, pad=32):
    return struct.pack(">4sBBBBQIIQ", b"mcpg", 1, kind, flags, 1, 0x0123456789abcdef, number, sent, 77) + bytes(pad)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.0.1", 0))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.1"))
s.settimeout(3)
group = ("239.10.10.10", 7655)
def answer():
    data, who = s.recvfrom(2000)
    assert len(data) == 64, len(data)
    magic, version, kind, flags, ttl, run, number, zero, time = struct.unpack(">4sBBBBQIIQ", data[:32])
    assert (magic, version, flags, run, zero, time) == (b"mcpg", 1, 0, 0x0123456789abcdef, 0, 77), data
    assert ttl == (64 if number == 6 else 1), data
    return kind, number, struct.unpack(">Q6I", data[32:])[1:6], who
for number, want in ((0, (1, 0, 0, 1, 1)), (2, (2, 0, 0, 3, 2)), (1, (3, 0, 1, 3, 3)), (9, (4, 0, 1, 10, 4))):
    s.sendto(probe(1, number, pad=500), group)
    assert answer()[:3] == (3, number, want), want
s.sendto(probe(1, 1), group)                    # a copy is counted, not answered
s.sendto(probe(1, 10, flags=0), group)          # wants none
s.sendto(probe(1, 11, pad=31), group)           # shorter than an answer
s.sendto(probe(1, 12, pad=32)[:1] + b"x" * 99, group)
s.sendto(probe(2, 5, sent=13), group)
kind, number, counts, who = answer()
assert (kind, number, counts) == (4, 5, (5, 1, 1, 11, 4)), counts
s.sendto(probe(1, 12), who)                     # a probe by unicast is none
s.sendto(probe(2, 6, sent=13), who)
assert answer()[:3] == (4, 6, (5, 1, 1, 11, 4))
PYTHON
check "probes, an ask, and answers, byte by byte" on a python3 $T/drawn.py
stop c drawn
check "the listener's table has them" grep -qE '^10\.0\.0\.1:[0-9]+ +5 +8 +1 +1$' $T/c.drawn.log
check "and what was no datagram of mcping" grep -qE '^10\.0\.0\.1:[0-9]+ +2 .*not of mcping' $T/c.drawn.log
mc_listen b foreign $MG:5000 -i eth0 -c 3 -w 10
on a mcast send $MG:5000 eth0 3 10 >/dev/null
check "listen -c: datagrams of others count, exit status 0" wait "$(pid_of b foreign)"
check "and are told as what they are" log_has b.foreign 'sends something else than mcping'
heard() { on b mcping listen $MG -i eth0 -w 0.3 --json >$T/sent 2>$T/b.err; }
check "listen -w: nothing came, exit status 1" status_is 1 heard
check "as JSON" says 'j["senders"] == [] and j["interface"] == "eth0" and len(j["hints"]) > 1'

# ---- a terminal, and no privileges
cat >$T/terminal.py <<'PYTHON'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp("mcping", ["mcping", "send", "239.10.10.10", "-i", "eth0", "-r", "20"])
text = b""
try:
    while True:
        more = os.read(fd, 4096)
        if not more: break
        text += more
except OSError: pass
assert os.waitpid(pid, 0)[1] == 0, text
assert text.count(b"\x1b[") >= 2 and b"1 listener" in text and b"1 of 1 listener got everything" in text, text
PYTHON
mc_listen b tty $MG -i eth0
if mkdir /dev/pts && mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts && ln -s pts/ptmx /dev/ptmx; then
	check "on a terminal it shows lines while it sends" on a python3 $T/terminal.py
else
	skip "lines on a terminal" "there are no pseudo-terminals"
fi
cp "$BUILD/mcping" $T/mcping && chmod 755 $T $T/mcping
nobody() { on "$1" setpriv --reuid=65534 --regid=65534 --clear-groups $T/mcping "${@:2}"; }
if nobody a --version >/dev/null 2>&1; then
	check "without privileges: send" nobody a send $MG -i eth0 -c 3 -r 100
	check "without privileges: listen" status_is 1 nobody c listen $MG -i eth0 -w 0.3
else
	skip "without privileges" "there is only one user here"
fi
stop b tty

# ---- over castnet
lan vpc sn=192.168.77.1/24 e=192.168.77.11/24 f=192.168.77.12/24 g=192.168.77.13/24
start_supernode sn
edges e f g -- -l 192.168.77.1 -n 224.0.0.0/4
mc_listen f lan $MG -i edge0
mc_listen g lan $MG
check "the routing table says edge0" log_has g.lan 'on edge0 .by the routing table'
check "edges: everything exactly once" mc_send e $MG -c 100 -r 200 -e 2
check "by edge0" says "j['interface'] == 'edge0' and
	 j['source'] == '$(overlay_of e)' and set(by) == {'$(overlay_of f)', '$(overlay_of g)'}"
stop f lan
stop g lan
mc_listen f six '[ff15::1:10%edge0]'
mc_listen g six '[ff15::1:10%edge0]'
check "edges: IPv6, without any address but the link-local one" mc_send e '[ff15::1:10%edge0]' -c 20 -r 100 -e 2
finish
