#!/usr/bin/env python3
"""Writes tests/vectors/igmp-linux.txt: what this kernel sends by a TAP when a host joins, leaves, filters sources and
is asked, in each version of IGMP and MLD (force_igmp_version, force_mld_version), and the queries that it answered.

	tests/vectors/capture-igmp.py >tests/vectors/igmp-linux.txt

In a network namespace of its own; needs root or unprivileged user namespaces.  On VLANs too where the kernel has
them.
"""
import fcntl, os, platform, select, socket, struct, subprocess, sys, time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 0x0002, 0x1000
MCAST_JOIN_GROUP, MCAST_BLOCK_SOURCE, MCAST_LEAVE_GROUP, MCAST_JOIN_SOURCE, MCAST_LEAVE_SOURCE = 42, 43, 45, 46, 47
QUERY_MAC = bytes.fromhex("060000000001")
PATIENCE = 15                           # seconds: the longest answer takes 10


def inside():
    if os.environ.get("CAPTURE_INSIDE"):
        return
    flags = ["--net"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    os.environ["CAPTURE_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", *flags, "--", sys.executable, *sys.argv])


def ip(*words):
    return subprocess.run(["ip", *words], stderr=subprocess.DEVNULL).returncode == 0


def sysctl(path, value):
    with open(f"/proc/sys/net/{path}", "w") as file:
        file.write(str(value))


class Tap:
    def __init__(self, name, family, version):
        self.name, self.family = name, family
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        ip("link", "set", name, "address", "02:00:00:00:00:01")
        self.configure(name, version)
        ip("link", "set", name, "up")
        self.configure_addresses(name)

    def configure(self, name, version):
        if self.family == socket.AF_INET:
            sysctl(f"ipv6/conf/{name}/disable_ipv6", 1)
            sysctl(f"ipv4/conf/{name}/force_igmp_version", version)
        else:
            sysctl(f"ipv6/conf/{name}/accept_dad", 0)
            sysctl(f"ipv6/conf/{name}/router_solicitations", 0)
            sysctl(f"ipv6/conf/{name}/force_mld_version", version)

    def configure_addresses(self, name):
        if self.family == socket.AF_INET:
            ip("address", "add", "10.9.9.1/24", "dev", name)

    def vlan(self, version):
        name = self.name + ".5"
        if not ip("link", "add", "link", self.name, "name", name, "type", "vlan", "id", "5"):
            return False
        self.configure(name, version)
        ip("link", "set", name, "up")
        self.configure_addresses(name)
        return name

    def frame(self, seconds):
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return None
        return os.read(self.fd, 2048)

    def drain(self):
        while self.frame(0.3):
            pass

    def first(self, about):
        """The first IGMP or MLD frame that names the group."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            frame = self.frame(end - time.monotonic())
            if frame and is_igmp(frame) and about in frame[34:]:
                return frame
        sys.exit(f"{self.name}: nothing about {about.hex()} in {PATIENCE} s")


def is_igmp(frame):
    at = 16 if frame[12:14] == b"\x81\x00" else 12
    kind = frame[at:at + 2]
    return (kind == b"\x08\x00" and frame[at + 11] == 2) or (kind == b"\x86\xdd" and frame[at + 8] == 0)


# ---- queries, written from the RFCs, not from src/core

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def with_checksum(message, before=b""):
    return message[:2] + struct.pack("!H", checksum(before + message)) + message[4:]


def frame_v4(to, message):
    message = with_checksum(message)
    header = struct.pack("!BBHHHBBH4s4sI", 0x46, 0xc0, 24 + len(message), 0, 0x4000, 1, 2, 0, bytes(4),
                         socket.inet_aton(to), 0x94040000)
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    mac = bytes([1, 0, 0x5e, header[17] & 0x7f]) + header[18:20]
    return mac + QUERY_MAC + b"\x08\x00" + header + message


def frame_v6(to, message):
    src, dst = socket.inet_pton(socket.AF_INET6, "fe80::ffff:ffff:ffff:fffe"), socket.inet_pton(socket.AF_INET6, to)
    message = with_checksum(message, src + dst + struct.pack("!II", len(message), 58))
    header = struct.pack("!IHBB16s16s", 6 << 28, 8 + len(message), 0, 1, src, dst)
    return b"\x33\x33" + dst[12:] + QUERY_MAC + b"\x86\xdd" + header + bytes.fromhex("3a00050200000100") + message


def query(family, group, response_ms):
    if family == socket.AF_INET:
        return frame_v4("224.0.0.1", struct.pack("!BBH4sBBH", 0x11, response_ms // 100, 0, group or bytes(4), 2, 30, 0))
    return frame_v6("ff02::1", struct.pack("!BBHHH16sBBH", 130, 0, 0, response_ms, 0, group or bytes(16), 2, 30, 0))


def advertisement(family):
    if family == socket.AF_INET:
        return frame_v4("224.0.0.106", struct.pack("!BBHHH", 0x30, 30, 0, 30, 2))
    return frame_v6("ff02::6a", struct.pack("!BBHHH", 151, 30, 0, 30, 2))


# ---- what a host does

class Member:
    def __init__(self, family, group, interface):
        self.family, self.packed = family, socket.inet_pton(family, group)
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.index = socket.if_nametoindex(interface)

    def storage(self, packed):
        port_and_flow = struct.pack("!HI", 0, 0) if self.family == socket.AF_INET6 else struct.pack("!H", 0)
        return (struct.pack("=H", self.family) + port_and_flow + packed).ljust(128, b"\0")

    def call(self, option, source=None):
        level = socket.IPPROTO_IP if self.family == socket.AF_INET else socket.IPPROTO_IPV6
        request = struct.pack("@I4x", self.index) + self.storage(self.packed)
        if source:
            request += self.storage(socket.inet_pton(self.family, source))
        self.socket.setsockopt(level, option, request)


def emit(name, frame):
    print(name, frame.hex(), flush=True)


def capture_host(tap, prefix, member, interface_filters):
    def seen(name):
        emit(f"{prefix}-{name}", tap.first(member.packed))
        tap.drain()

    tap.drain()
    member.call(MCAST_JOIN_GROUP)
    seen("join")
    for name, group, response in (("general", None, 10000), ("group", member.packed, 400)):
        os.write(tap.fd, query(tap.family, group, response))
        seen("answer-" + name)
    if interface_filters:
        member.call(MCAST_BLOCK_SOURCE, interface_filters[0])
        seen("exclude")
    member.call(MCAST_LEAVE_GROUP)
    if not prefix.startswith("igmp1"):
        seen("leave")
    if not interface_filters:
        return
    for name, option, source in (("include", MCAST_JOIN_SOURCE, 0), ("allow", MCAST_JOIN_SOURCE, 1),
                                 ("block", MCAST_LEAVE_SOURCE, 0), ("block-last", MCAST_LEAVE_SOURCE, 1)):
        member.call(option, interface_filters[source])
        seen(name)


def capture(family, versions, word, group, sources):
    for version in versions:
        prefix = f"{word}{version}"
        tap = Tap(prefix, family, version)
        filters = sources if version == versions[-1] else None
        capture_host(tap, prefix, Member(family, group, tap.name), filters)
        vlan = tap.vlan(version)
        if vlan:
            member = Member(family, group, vlan)
            tap.drain()
            member.call(MCAST_JOIN_GROUP)
            emit(f"{prefix}-vlan-join", tap.first(member.packed))
        else:
            print(f"# {prefix}: no VLANs in this kernel")
        os.close(tap.fd)


inside()
print(f"# IGMP and MLD of Linux {platform.release().split('-')[0]}: tests/vectors/capture-igmp.py\n"
      "# igmpN-, mldN-: what a host sends when forced to version N; query-: what castnet asks, built by the script.")
for family, word, group in ((socket.AF_INET, "igmp", "239.10.20.30"), (socket.AF_INET6, "mld", "ff15::abcd:1")):
    packed = socket.inet_pton(family, group)
    emit(f"query-{word}-general", query(family, None, 10000))
    emit(f"query-{word}-hurried", query(family, None, 1000))
    emit(f"query-{word}-group", query(family, packed, 400))
    emit(f"query-{word}-advertisement", advertisement(family))
capture(socket.AF_INET, (1, 2, 3), "igmp", "239.10.20.30", ("192.0.2.1", "192.0.2.2"))
capture(socket.AF_INET6, (1, 2), "mld", "ff15::abcd:1", ("2001:db8::1", "2001:db8::2"))
