#!/usr/bin/env bash
# Datagrams with forged source addresses: whoever has the address gets no more bytes than were sent in its name, and
# members lose nothing.
. "${0%/*}/lib.sh"
netns_enter "$@"
has python3 || netns_skip "python3 is missing"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 v=192.168.77.99/24 x=192.168.77.66/24
for ns in v sn a b; do on $ns sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.conf.all.rp_filter=0 || true; done
start_supernode sn
MAC=02:00:00:00:00:0a
edges a -- -l 192.168.77.1 -m $MAC -p 50001
edges b -- -l 192.168.77.1 -p 50002
for ns in a b; do on $ns ip route add 239.0.0.0/8 dev edge0; done

# forge FROM:PORT KIND [COUNT]: datagrams to the supernode that look as if from there; prints the bytes.
cat >$T/forge.py <<'END'
import socket, struct, sys
where, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
address, port = where.split(":")
name = b"net".ljust(20, b"\0")
victim = bytes.fromhex(sys.argv[4].replace(":", "")) if len(sys.argv) > 4 else None
token = lambda n: struct.pack(">HH", 1, 16) + bytes([n & 255]) * 16
def head(kind): return struct.pack(">BBH", 3, 2, kind) + name
def mac(i): return victim or struct.pack(">HI", 0x0200, 0x5000000 + i)
def register(i): return head(5) + struct.pack(">I", i) + mac(i) + bytes(21) + token(i) + bytes(4)
make = {
    "register": register,
    "takeover": lambda i: register(0x66),
    "goodbye": lambda i: head(6) + token(0x66) + mac(i),
    "packet": lambda i: head(3) + mac(i) + b"\xff" * 6 + b"\1\1" + bytes(60),
    "query": lambda i: head(26) + struct.pack(">I", i) + mac(i) + bytes.fromhex("01005e010101"),
    "report": lambda i: head(24) + struct.pack(">I", i) + mac(i) + struct.pack(">IHH", i * 0x1000001 & 0xffffffff, 0, 0),
    "ping": lambda i: head(11) + mac(i) + bytes(8),
    "ack": lambda i: head(4) + struct.pack(">I", i) + mac(0) + mac(i),
}[kind]
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
sent = 0
for i in range(count):
    data = make(i)
    udp = struct.pack(">HHHH", int(port), 7654, 8 + len(data), 0) + data
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton(address), socket.inet_aton("192.168.77.1"))
    s.sendto(ip + udp, ("192.168.77.1", 0))
    sent += len(data)
print(sent)
END
# Counts what arrives at the victim's port.
cat >$T/count.py <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 9999))
total = 0
print("ready", flush=True)
while True:
    total += len(s.recv(65535))
    print("total", total, flush=True)
END
sent=0
forge() { local n; n=$(on x python3 $T/forge.py "$@") && sent=$((sent + n)); }
spawn v count python3 $T/count.py
wait_for 5 log_has v.count ready
got() { sed -n 's/^total //p' $T/v.count.log | tail -n 1 | grep . || echo 0; }
no_more_than_sent() { echo "$sent bytes sent, $(got) arrived"; [ "$(got)" -le "$sent" ]; }
broadcasts() { on a ping -q -b -n -c 20 -i 0.01 -s 1200 -W 1 10.9.9.255 >/dev/null 2>&1 || true; }
multicasts() { on a mcast send 239.10.10.10 edge0 20 10 >/dev/null 2>&1 || true; }

# The victim, who runs no edge.
forge 192.168.77.99:9999 register 300
broadcasts
multicasts
check "forged members: the victim gets no more than was sent in its name" no_more_than_sent
forge 192.168.77.99:9999 packet 20
broadcasts
check "and when they seem to send" no_more_than_sent
forge 192.168.77.99:9999 query 100
forge 192.168.77.99:9999 report 50
forge 192.168.77.99:9999 ping 100
forge 192.168.77.99:9999 ack 100
check "and to ask" no_more_than_sent
before=$(got)
on x python3 $T/forge.py 192.168.77.66:6666 takeover 5 02:00:05:00:00:01 >/dev/null
on x python3 $T/forge.py 192.168.77.66:6667 register 300 >/dev/null
check "and when others claim what is theirs" no_more_than_sent
check "those who have proved nothing are counted so" test "$(counter "$(supernode_json sn)" confirmed_n)" -eq 2
check "members are not concerned" reaches b 10.9.9.1

# The place of a member that is alive.
for round in 1 2 3; do
	on x python3 $T/forge.py 192.168.77.11:50001 takeover 1 $MAC >/dev/null
	on x python3 $T/forge.py 192.168.77.11:50001 goodbye 1 $MAC >/dev/null
	on x python3 $T/forge.py 192.168.77.66:6666 takeover 1 $MAC >/dev/null
done
at_its_place() { supernode_json sn | tr '{}' '\n\n' | grep -F "\"$MAC\"" | grep -F 192.168.77.11:50001; }
check "a forged registration and good-bye: the member keeps its place" at_its_place
check "and is reached" reaches b 10.9.9.1

# What a member wants.
mcast_listen a
check "the group of a member is known" member 01:00:5e:0a:0a:0a a
on x python3 $T/forge.py 192.168.77.11:50001 report 300 $MAC >/dev/null
check "a forged report: it is still known" group_known 01:00:5e:0a:0a:0a a
check "and arrives" mcast_arrives b 20 1
check "reports of others are counted" test "$(counter "$(supernode_json sn)" group_report_old)" -ge 300

# The tables.
stop_background sn supernode 2>/dev/null || stop sn supernode
start_supernode sn --max-edges 100 --max-community-edges 100
check "both are back" wait_for 10 all_registered a b
forge 192.168.77.99:9999 register 300
stop_edges b
edges b -- -l 192.168.77.1 -p 50002
check "with a table full of forged members an edge gets in" reaches b 10.9.9.1
check "forged ones made room" test "$(counter "$(supernode_json sn)" evicted)" -ge 200
finish
