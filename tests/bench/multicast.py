"""Multicast: one source, h1, that sends datagrams of 200 bytes to hosts that have joined."""

import json

import world
from scenarios import GROUPS, scenario
from world import GROUP, Overlay

SIZE = 200
SPREADERS = ["castnet", "castnet-flood", "tinc", "n2n", "fastd", "vxlan", "veth"]
GROUPS["multicast"] = ["spread", "members", "paths", "exact", "membership"]


def way_of(peer):
    """vxlan and veth have nothing in the middle."""
    return "direct" if peer.base in ("vxlan", "veth") else "hub"


def spread(w, rate, receivers, seconds):
    return w.blast(GROUP, rate, rate * seconds, SIZE, [f"h{i}" for i in range(2, 2 + receivers)])


@scenario("flood", "one source, 16 receivers, 200 bytes at 50,000/s, flooded: by the supernode, a hub (tinc, fastd), "
          "the source itself (vxlan)", [p for p in SPREADERS if p != "castnet"], hosts=17)
def flood(peer, o):
    with Overlay(peer, way_of(peer), 17) as w:
        ends, middle = w.cpu(["h1"]), w.cpu(["s"])
        b = spread(w, 50000, 16, o.seconds)
        yield "offered, k/s", b.offered / 1000
        yield "copies, k/s", b.rate / 1000
        yield "kernels count, k/s", b.multicast_bytes / SIZE / b.seconds / 1000
        yield "no room at the reader", b.overruns
        yield "lost, %", b.loss * 100
        yield "duplicates", b.duplicates
        if w.pids(["h1"]):
            yield "source CPU, %", (w.cpu(["h1"]) - ends) / b.seconds * 100
            yield "middle CPU, %", (w.cpu(["s"]) - middle) / b.seconds * 100


@scenario("spread", "copies/s that 1, 2, 8, 16 of 16 hosts get who have joined, at rising rates", SPREADERS, hosts=17)
def rising(peer, o):
    with Overlay(peer, way_of(peer), 17) as w:
        for receivers in (1, 2, 8, 16):
            for rate in (10000, 50000, 100000):
                b = spread(w, rate, receivers, o.seconds / 2)
                yield f"{receivers} at {rate:,}/s, k/s", b.rate / 1000
                yield f"{receivers} at {rate:,}/s, lost %", b.loss * 100


@scenario("members", "the same with 32 edges of which 16 have joined, against own flooding",
          ["castnet", "castnet-flood"], hosts=33)
def members(peer, o):
    with Overlay(peer, "hub", 33) as w:
        b = spread(w, 50000, 16, o.seconds)
        yield "16 at 50,000/s, k/s", b.rate / 1000
        yield "offered, k/s", b.offered / 1000
        yield "lost, %", b.loss * 100


@scenario("paths", "bytes on the supernode's wire for each datagram, four members, all direct; out of the source while "
          "nobody has joined", ["castnet", "castnet-flood"], hosts=5)
def paths(peer, o):
    with Overlay(peer, "hub", 5) as w:
        # The first datagrams are those that the source learns by that there is nobody.
        world.run("h1", "blast", "send", GROUP, w.device, 100, 100, SIZE)
        world.script("count_stream", "h1")
        world.run("h1", "blast", "send", GROUP, w.device, 20000, 20000, SIZE)
        yield "nobody joined, B/datagram", int(world.script("stream_bytes", "h1")) / 20000
        b = w.blast(GROUP, 20000, 20000, SIZE, ["h2", "h3", "h4", "h5"],
                    begun=lambda: world.script("count_stream", "s"))
        yield "by the supernode, B/datagram", int(world.script("stream_bytes", "s")) / b.sent
        yield "lost, %", b.loss * 100


@scenario("exact", "lost and duplicate copies of 1,000,000: four receivers, 15,000/s", ["castnet"], hosts=5)
def exact(peer, o):
    with Overlay(peer, "hub", 5) as w:
        b = w.blast(GROUP, 15000, o.exact, SIZE, ["h2", "h3", "h4", "h5"])
        yield "copies", b.received
        yield "lost", b.missing
        yield "duplicates", b.duplicates


def join(w, times):
    return [json.loads(line) for line in world.run("h2", "blast", "join", GROUP, w.device, times).splitlines()]


@scenario("membership", "milliseconds from joining to the first datagram of 1000/s, from leaving to the last copy on "
          "the device, and from joining to the first datagram where the first reports get lost",
          ["castnet", "castnet-fast"], hosts=3)
def membership(peer, o):
    if not peer.groups:
        return
    with Overlay(peer, "hub", 3) as w:
        world.script("all_direct", "h2")
        sender = world.start("h1", "blast", "send", GROUP, w.device, 1000, 100000000, SIZE)
        try:
            for turn in join(w, o.joins):
                yield "join -> first, ms", turn["join_us"] / 1000
                yield "leave -> last, ms", turn["leave_us"] / 1000
            world.script("lose_reports", "h2", 150)
            turn = join(w, 1)[0]
            if not int(world.script("lost_reports", "h2")):
                raise world.Failed("no report of membership was seen, so none got lost")
            yield "lost report, ms", turn["join_us"] / 1000
        finally:
            sender.kill()
            sender.communicate()
