"""The aims that the project has set itself, judged by what was measured in this run."""

SIXTEEN = "16 at 50,000/s, k/s"

# bar, at least, aim, higher is better, (scenario, peer, metric), the same of whom it is compared with or None
RATIOS = [
    ("TCP, 1 stream, direct, against tinc", 12, 20, True, ("tcp", "castnet", "1 stream, Gbit/s"), "tinc"),
    ("TCP, 1 stream, direct, against vxlan", 0.6, 0.9, True, ("tcp", "castnet", "1 stream, Gbit/s"), "vxlan"),
    ("TCP, 1 stream, relayed, against tinc relayed", 12, 20, True, ("relay", "castnet", "1 stream, Gbit/s"), "tinc"),
    ("UDP of 64 bytes without loss, against vxlan", 2, 3, True, ("udp", "castnet", "64 B lossless, k/s"), "vxlan"),
    ("copies/s to 16, flooded, against tinc", 10, 25, True, ("flood", "castnet-flood", "copies, k/s"), "tinc"),
    ("ping p50 idle, against tinc", 1.0, 0.6, False, ("ping", "castnet", "idle p50, us"), "tinc"),
    ("ping p50 idle with --busy-poll, against tinc", 1.0, 0.35, False,
     ("ping", "castnet-busy", "idle p50, us"), "tinc"),
    ("CPU s/GB of both edges, against tinc", 1 / 12, 1 / 25, False, ("tcp", "castnet", "CPU s/GB, both ends"), "tinc"),
    ("resident memory of an edge, MB", 8, 3, False, ("footprint", "castnet", "resident, MB"), None),
    ("multicast, copies/s to 16 at 50,000/s, against tinc", 15, 27, True, ("spread", "castnet", SIXTEEN), "tinc"),
    ("the same against vxlan", 0.5, 1.0, True, ("spread", "castnet", SIXTEEN), "vxlan"),
    ("the same, 16 of 32 edges, against own flooding", 4, 10, True, ("members", "castnet", SIXTEEN), "castnet-flood"),
    ("bytes through the supernode a datagram, all direct", 0, 0, False,
     ("paths", "castnet", "by the supernode, B/datagram"), None),
    ("bytes out of the source a datagram, nobody joined", 0, 0, False,
     ("paths", "castnet", "nobody joined, B/datagram"), None),
    ("lost of 1,000,000", 0, 0, False, ("exact", "castnet", "lost"), None),
    ("duplicates in 1,000,000", 0, 0, False, ("exact", "castnet", "duplicates"), None),
    ("join -> first datagram, ms", 50, 5, False, ("membership", "castnet", "join -> first, ms"), None),
    ("leave -> last copy, ms", 1500, 1500, False, ("membership", "castnet", "leave -> last, ms"), None),
    ("leave -> last copy with fast leave, ms", 1500, 300, False,
     ("membership", "castnet-fast", "leave -> last, ms"), None),
    ("lost report made good, ms (query interval: 30 s)", 30000, 30000, False,
     ("membership", "castnet", "lost report, ms"), None),
]


def needed():
    """(scenario, peer) of all bars."""
    return {(scenario, peer) for *_, (scenario, ours, _), against in RATIOS for peer in (ours, against) if peer}


def number(value, ratio):
    if not ratio:
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return f"1/{1 / value:.3g}" if 0 < value < 0.1 else f"{value:.3g}x"


def judge(results):
    """Rows: bar, at least, aim, measured, ok or short."""
    rows = []
    for text, least, aim, higher, (scenario, peer, metric), against in RATIOS:
        value = results.median(scenario, peer, metric)
        if against and value is not None:
            base = results.median(scenario, against, metric)
            value = value / base if base else None
        row = [text, number(least, against), number(aim, against)]
        if value is None:
            rows.append([*row, "-", "not measured"])
            continue
        reached = lambda bound: value >= bound if higher else value <= bound
        verdict = "ok (aim)" if reached(aim) else "ok" if reached(least) else "short"
        rows.append([*row, number(value, against), verdict])
    return rows
