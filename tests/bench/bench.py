#!/usr/bin/env python3
"""Measures scenarios for peers, A B A B, and prints medians, ratios and what the aims are.  See `run --help`."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import bars
import multicast
import scenarios
import world

# What a peer needs to take part: a program, or an option of ours that --help names.
VARIANTS = {
    "castnet": ("castnet", [], "edge"),
    "castnet-plain": ("castnet", ["--no-offload"], "--no-offload"),
    # Longer than the 10 ms between two pings, or both ends sleep when the next one comes.
    "castnet-busy": ("castnet", ["--busy-poll", "20000"], "--busy-poll"),
    "castnet-queue": ("castnet", ["--tx-queue-len", "1000"], "--tx-queue-len"),
    "castnet-flood": ("castnet", ["--no-groups"], None),
    "castnet-fast": ("castnet", ["--fast-leave"], "--fast-leave"),
    "tinc": ("tinc", [], "tincd"),
    "n2n": ("n2n", [], "/usr/sbin/edge"),
    "openvpn": ("openvpn", [], "openvpn"),
    "fastd": ("fastd", [], "fastd"),
    "vxlan": ("vxlan", [], "ip"),
    "veth": ("veth", [], "ip"),
}


class Peer:
    def __init__(self, name, our_help):
        self.name = name
        self.base, self.options, self.needs = VARIANTS[name]
        self.groups = self.base == "castnet" and "--no-groups" in our_help and "--no-groups" not in self.options
        # An edge that knows no groups floods without being asked to.
        if self.needs is None and self.options[0] not in our_help:
            self.options = []
        if self.needs is None:
            self.missing = ""
        elif self.needs.startswith("--"):
            self.missing = "" if self.needs in our_help else f"this edge has no {self.needs}"
        else:
            self.missing = "" if shutil.which(self.needs) else f"{self.needs} is not installed"


def arguments():
    p = argparse.ArgumentParser(prog="tests/bench/run", description="castnet and its peers, measured side by side")
    p.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="of --list; default: all")
    p.add_argument("-n", type=int, default=5, help="repetitions (default: 5)")
    p.add_argument("--seconds", type=float, default=3, help="of each TCP and multicast measurement (default: 3)")
    p.add_argument("--quick", action="store_true", help="once, and short: to see that it works, not for figures")
    p.add_argument("--peers", help="only these, of: " + ", ".join(VARIANTS))
    p.add_argument("--bars", action="store_true", help="only what the bars compare")
    p.add_argument("--json", default="build/bench.json", metavar="FILE", help="default: build/bench.json")
    p.add_argument("--list", action="store_true", help="print the scenarios")
    o = p.parse_args()
    o.udp_seconds, o.pings, o.exact, o.joins = 0.5, 500, 250000, 10
    if o.quick:
        o.n, o.seconds, o.udp_seconds, o.pings, o.exact, o.joins = 1, 1, 0.3, 100, 10000, 3
    o.scenarios = [s for name in o.scenarios or scenarios.ALL for s in scenarios.GROUPS.get(name, [name])]
    o.peers = o.peers.split(",") if o.peers else list(VARIANTS)
    for name in o.scenarios:
        if name not in scenarios.ALL:
            p.error(f"no scenario {name}; there are: {', '.join([*scenarios.ALL, *scenarios.GROUPS])}")
    for name in o.peers:
        if name not in VARIANTS:
            p.error(f"no peer {name}; there are: {', '.join(VARIANTS)}")
    # "castnet" asks for its variants too; what floods has no other name.
    o.peers += [v for v in VARIANTS if "castnet" in o.peers and VARIANTS[v][0] == "castnet" and v not in o.peers]
    return o


class Results:
    """scenario -> peer -> metric -> values, in the order they came."""

    def __init__(self):
        self.values, self.failures = {}, []

    def add(self, scenario, peer, metric, value):
        self.values.setdefault(scenario, {}).setdefault(peer, {}).setdefault(metric, []).append(value)

    def median(self, scenario, peer, metric):
        values = self.values.get(scenario, {}).get(peer, {}).get(metric)
        return statistics.median(values) if values else None


def measure(name, peer, o, results):
    s = scenarios.ALL[name]
    begin = time.monotonic()
    print(f"  {name} {peer.name} ...", end="", file=sys.stderr, flush=True)
    try:
        for metric, value in s.function(peer, o):
            results.add(name, peer.name, metric, value)
        print(f" {time.monotonic() - begin:.0f} s", file=sys.stderr)
    except world.Failed as failure:
        print(f" FAILED: {failure}", file=sys.stderr)
        results.failures.append(f"{name} {peer.name}: {failure}")


def figure(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for r in rows:
        cells = [r[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(r[1:], widths[1:]))]
        print("  " + "  ".join(cells).rstrip())


def print_scenario(name, results):
    """Medians, with the ratio to tinc's behind them; a column for each peer."""
    peers = results.values.get(name, {})
    metrics = list(dict.fromkeys(m for p in peers.values() for m in p))
    if not metrics:
        return
    print(f"\n{name}: {scenarios.ALL[name].text}")
    rows = [["", *peers]]
    for metric in metrics:
        row = [metric]
        for peer in peers:
            value, base = results.median(name, peer, metric), results.median(name, "tinc", metric)
            ratio = f" ({value / base:.2f}x)" if value and base and peer != "tinc" else ""
            row.append(figure(value) + ratio)
        rows.append(row)
    table(rows)


def print_bars(results, o):
    rows = [["bar", "at least", "aim", "measured", ""]]
    rows += [r for r in bars.judge(results) if r[3] != "-"]
    if len(rows) > 1:
        print(f"\nbars (medians of this run, {o.n} repetitions{', --quick: too short to judge by' if o.quick else ''})")
        table(rows)


def write_json(path, o, facts, results):
    summary = {s: {p: {m: {"median": statistics.median(v), "min": min(v), "max": max(v), "values": v}
                       for m, v in metrics.items()} for p, metrics in peers.items()}
               for s, peers in results.values.items()}
    verdicts = [dict(zip(("bar", "least", "aim", "measured", "verdict"), r)) for r in bars.judge(results)]
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"machine": facts, "repetitions": o.n, "seconds": o.seconds, "results": summary,
                   "bars": verdicts, "failures": results.failures}, f, indent=1)
    print(f"\nall values: {path}")


def main():
    o = arguments()
    if o.list:
        for name, s in scenarios.ALL.items():
            print(f"{name:10} {s.text}\n{'':10}   {', '.join(s.peers)}")
        for name, members in scenarios.GROUPS.items():
            print(f"{name:10} {', '.join(members)}")
        return 0
    chosen = o.scenarios
    facts = world.machine()
    versions = ", ".join(f"{p} {v}" for p, v in facts["packages"].items() if v)
    print(f"{facts['machine']}, {facts['cores']} cores, {facts['memory_mb']} MB; "
          f"Linux {facts['kernel']}, {facts['system']}")
    print(f"{facts['castnet']}, commit {facts['commit']}; {versions}; {facts['date']}; {o.n} repetitions")

    our_help = subprocess.run(["edge", "--help"], stdout=subprocess.PIPE, text=True).stdout
    peers = {name: Peer(name, our_help) for name in VARIANTS}
    for peer in peers.values():
        if peer.missing and peer.name in o.peers:
            print(f"skip {peer.name}: {peer.missing}")
    hosts = max(scenarios.ALL[name].hosts for name in chosen)
    world.script("draw", hosts, 1500)
    results = Results()
    for name in chosen:
        s = scenarios.ALL[name]
        world.script("set_mtu", hosts, s.mtu)
        for _ in range(o.n):
            for peer in (peers[p] for p in s.peers if p in o.peers and (not o.bars or (name, p) in bars.needed())):
                if not peer.missing:
                    measure(name, peer, o, results)
        print_scenario(name, results)
    print_bars(results, o)
    write_json(o.json, o, facts, results)
    for failure in results.failures:
        print(f"failed: {failure}")
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
