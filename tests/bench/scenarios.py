"""What is measured.  A scenario is a function of a peer and the options that yields (metric, value); it brings its
overlay up and down itself, so that each repetition starts anew."""

import os
import shutil

import world
from world import Overlay, percentile

PORT = 5001
OVERLOAD = 400000   # datagrams a second
LOSS = 0.001        # "without loss": of one in a thousand at most
ALL = {}            # name -> Scenario
GROUPS = {}         # name -> names of scenarios


class Scenario:
    def __init__(self, function, text, ways, peers, hosts, mtu):
        self.function, self.text, self.ways, self.peers = function, text, ways, peers
        self.hosts, self.mtu = hosts, mtu


PAIR = ["castnet", "tinc", "n2n", "openvpn", "fastd", "vxlan", "veth"]
HUB = ["castnet", "tinc", "n2n", "fastd"]


def scenario(name, text, peers, way="direct", hosts=2, mtu=1500):
    def register(function):
        ALL[name] = Scenario(function, text, way, peers, hosts, mtu)
        return function
    return register


# ---- TCP

def tcp_all(peer, o, way):
    with Overlay(peer, way) as w:
        for streams in (1, 4):
            rate, size, cpu = w.tcp(streams, o.seconds)
            yield f"{streams} stream{'s' * (streams > 1)}, Gbit/s", rate
            if streams == 1 and w.pids(["h1"]):
                yield "CPU s/GB, both ends", cpu["h1", "h2"] / (size / 1e9)
            if streams == 1 and way == "relayed":
                yield "CPU s/GB, middle", cpu["s",] / (size / 1e9)


@scenario("tcp", "TCP, 1 and 4 streams, direct; CPU seconds of both ends per GB", [*PAIR, "castnet-plain"])
def tcp(peer, o):
    yield from tcp_all(peer, o, "direct")


@scenario("relay", "the same by way of the supernode (castnet -S1) or of a third node", HUB, way="relayed")
def relay(peer, o):
    yield from tcp_all(peer, o, "relayed")


@scenario("jumbo", "TCP direct where the underlay's MTU is 9001", PAIR, mtu=9001)
def jumbo(peer, o):
    yield from tcp_all(peer, o, "direct")


# ---- UDP

found = {}          # (peer, size, batch) -> the rate of the last repetition, where the next begins to search


def lossless(w, size, o, batch=1):
    """The highest rate that loses no more than LOSS: raised until it does, then halved in between.  A rate that fails
    is tried once more: on a shared machine a hiccup must not decide."""
    def attempt(rate):
        best = None
        for _ in range(2):
            b = w.blast(f"{w.address(2)}:{PORT}", rate, rate * o.udp_seconds, size, ["h2"], batch)
            if best is None or b.loss < best.loss:
                best = b
            if b.loss <= LOSS:
                break
        return best

    key = w.peer.name, size, batch
    before = found.get(key)
    low, high, best, rate = 0, None, 0, int(before * 0.8) if before else 16000
    while rate <= 1500000 and high is None:
        b = attempt(rate)
        if b.loss > LOSS:
            high = rate
        else:
            low, best = rate, max(best, b.rate)
            if b.offered < 0.9 * rate:      # the generator itself is at its end
                break
            rate = int(rate * (1.3 if before else 2))
    while high and high - low > max(high * 0.06, 1000):
        rate = (low + high) // 2
        b = attempt(rate)
        if b.loss > LOSS:
            high = rate
        else:
            low, best = rate, max(best, b.rate)
    found[key] = best or 16000
    return best


@scenario("udp", "UDP datagrams of 64, 512, 1372 bytes (packets of 1400): the highest rate that loses at most "
          f"{LOSS:.1%} (bisection), and what arrives of too many ({OVERLOAD:,}/s)",
          PAIR)
def udp(peer, o):
    with Overlay(peer, "direct") as w:
        yield "64 B by sendmmsg, k/s", lossless(w, 64, o, 32) / 1000
        for size in (64, 512, 1372):
            yield f"{size} B lossless, k/s", lossless(w, size, o) / 1000
            b = w.blast(f"{w.address(2)}:{PORT}", OVERLOAD, OVERLOAD * o.udp_seconds, size, ["h2"])
            yield f"{size} B overload, k/s", b.rate / 1000


# ---- latency

@scenario("ping", "ping every 10 ms, idle and beside a TCP stream", [*PAIR, "castnet-busy"])
def ping(peer, o):
    with Overlay(peer, "direct") as w:
        idle = w.ping(o.pings)
        yield "idle p50, us", percentile(idle, 0.5)
        yield "idle p99, us", percentile(idle, 0.99)
        load = world.start("h1", "iperf3", "-c", w.address(2), "-t", 600, "-J")
        try:
            w.ping(20)
            busy = w.ping(o.pings // 2)
        finally:
            load.kill()
            load.communicate()
        yield "loaded p50, us", percentile(busy, 0.5)
        yield "loaded p99, us", percentile(busy, 0.99)


# ---- what it takes

def binary_size(peer):
    program = {"castnet": "edge", "n2n": "/usr/sbin/edge", "tinc": "tincd"}.get(peer.base, peer.base)
    path = shutil.which(program)
    return os.stat(path).st_size / 1e6 if path else None


@scenario("footprint", "start-up until the first answered ping, resident memory idle, size of the binary",
          ["castnet", "tinc", "n2n", "openvpn", "fastd"])
def footprint(peer, o):
    try:
        yield "start-up, ms", int(world.script("startup", peer.base, EDGE_OPTIONS=" ".join(peer.options)))
    finally:
        world.script("down")
    with Overlay(peer, "direct") as w:
        yield "resident, MB", w.memory()
        supernode = w.memory("s")
        if supernode is not None:
            yield "supernode, MB", supernode
    size = binary_size(peer)
    if size is not None:
        yield "binary, MB", size


