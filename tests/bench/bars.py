"""The aims that the project has set itself, judged by what was measured in this run."""

# bar, at least, aim, higher is better, (scenario, peer, metric), the same of whom it is compared with or None
RATIOS = [
    ("TCP, 1 stream, direct, against tinc", 12, 20, True, ("tcp", "castnet", "1 stream, Gbit/s"), "tinc"),
    ("TCP, 1 stream, direct, against vxlan", 0.6, 0.9, True, ("tcp", "castnet", "1 stream, Gbit/s"), "vxlan"),
    ("TCP, 1 stream, relayed, against tinc relayed", 12, 20, True, ("relay", "castnet", "1 stream, Gbit/s"), "tinc"),
    ("UDP of 64 bytes without loss, against vxlan", 2, 3, True, ("udp", "castnet", "64 B lossless, k/s"), "vxlan"),
    ("copies/s to 16, flooded, against tinc", 10, 25, True, ("flood", "castnet-flood", "copies, k/s"), "tinc"),
    ("ping p50 idle, against tinc", 1.0, 0.6, False, ("ping", "castnet", "idle p50, us"), "tinc"),
    ("ping p50 idle with --busy-poll, against tinc", 1.0, 0.35, False, ("ping", "castnet-busy", "idle p50, us"), "tinc"),
    ("CPU s/GB of both edges, against tinc", 1 / 12, 1 / 25, False, ("tcp", "castnet", "CPU s/GB"), "tinc"),
    ("resident memory of an edge, MB", 8, 3, False, ("footprint", "castnet", "resident, MB"), None),
]


def number(value, ratio):
    if not ratio:
        return f"{value:.2g}"
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
