#!/usr/bin/env bash
# `ethtool -K TAP gro off` is shown as off and changes nothing of what a program writes to the TAP: a super-frame written with
# a virtio header (as virtual machines, VPNs and user-space switches do) reaches raw sockets whole.
. "${0%/*}/lib.sh"
command -v ethtool >/dev/null || { echo "skipped: needs ethtool"; exit 77; }
finding_enter

cat >$T/tap.py <<'PYTHON'
import fcntl, os, socket, struct, subprocess
fd = os.open("/dev/net/tun", os.O_RDWR)
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 2, 0x1000, 0x4000
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
run = lambda *a: subprocess.run(a, check=True, stdout=subprocess.DEVNULL)
run("ip", "link", "set", "tap0", "address", "02:00:00:00:00:01", "up")
run("ip", "address", "add", "10.7.0.1/24", "dev", "tap0")
run("ethtool", "-K", "tap0", "gro", "off")
state = subprocess.run(("ethtool", "-k", "tap0"), capture_output=True, text=True).stdout
print("gro is", "off" if "generic-receive-offload: off" in state else "on")
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
s.bind(("tap0", 0x0800))
s.settimeout(3)
def checksum(b, n=0):
    n += sum(struct.unpack(">%dH" % (len(b) // 2), b))
    while n >> 16: n = (n & 0xffff) + (n >> 16)
    return n
source, to = socket.inet_aton("10.7.0.2"), socket.inet_aton("10.7.0.1")
udp = struct.pack(">HHHH", 5000, 5000, 5008, checksum(source + to + struct.pack(">HH", 17, 5008))) + bytes(5000)
ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0, source, to)
ip = ip[:10] + struct.pack(">H", ~checksum(ip) & 0xffff) + ip[12:]
ether = bytes.fromhex("020000000001" "020000000002" "0800")
NEEDS_CSUM, UDP_L4 = 1, 5
os.write(fd, struct.pack("=BBHHHH", NEEDS_CSUM, UDP_L4, 42, 1000, 34, 6) + ether + ip + udp)
print("a raw socket reads", len(s.recv(65536)))
PYTHON
on a python3 $T/tap.py >$T/out 2>&1 || { cat $T/out; echo "skipped: no TAP, or no UDP super-frames (Linux 6.2)"; exit 77; }
seen "after ethtool -K tap0 gro off" "$(sed -n 1p $T/out)" "gro is off"
seen "of 5 datagrams of 1000 bytes" "$(sed -n 2p $T/out)" "a raw socket reads 5042"
finish
