"""The world inside: namespaces, overlays and what can be measured on them.  Everything that draws is in world.sh."""

import glob
import json
import os
import re
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
T = "/run/test"
GROUP = "239.10.10.10:5000"
TICKS = os.sysconf("SC_CLK_TCK")
DEVICES = {"castnet": "edge0", "tinc": "tinc0", "n2n": "n2n0", "openvpn": "ovpn0", "fastd": "fastd0",
           "vxlan": "vxlan0", "veth": "eth0"}


class Failed(Exception):
    pass


def script(*args, **env):
    """world.sh with these arguments; what it prints."""
    done = subprocess.run(["bash", f"{HERE}/world.sh", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, env={**os.environ, **env})
    if done.returncode:
        raise Failed(f"world.sh {' '.join(map(str, args))}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def inside(host, *command):
    return ["nsenter", f"--net=/run/netns/{host}", "--", *map(str, command)]


def start(host, *command):
    return subprocess.Popen(inside(host, *command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL, text=True)


def finish(process, what):
    out = process.communicate()[0]
    if process.returncode:
        raise Failed(f"{what}: {out.strip()[-500:]}")
    return out


def run(host, *command):
    return finish(start(host, *command), " ".join(map(str, command)))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Overlay:
    """An overlay of hosts h1 ... hN while a `with` lasts."""

    def __init__(self, peer, way, n=2):
        self.peer, self.way, self.n = peer, way, n
        self.device = DEVICES[peer.base]

    def __enter__(self):
        try:
            script("up", self.peer.base, self.way, self.n, EDGE_OPTIONS=" ".join(self.peer.options))
        except Failed:
            script("down")
            raise
        return self

    def __exit__(self, *_):
        script("down")

    def address(self, i):
        return f"172.31.1.{i}" if self.peer.base == "veth" else f"10.9.9.{i}"

    def pids(self, hosts):
        return [int(open(f).read()) for h in hosts for f in glob.glob(f"{T}/{h}.*.pid")]

    def about(self, pid, what):
        try:
            return open(f"/proc/{pid}/{what}").read()
        except OSError:
            raise Failed(f"a daemon of {self.peer.name} has died") from None

    def cpu(self, hosts=("h1", "h2")):
        """Seconds that the daemons of these hosts have used."""
        used = 0
        for pid in self.pids(hosts):
            fields = self.about(pid, "stat").rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / TICKS

    def memory(self, host="h1"):
        """Resident MB of the daemon of a host; None where there is none."""
        for pid in self.pids([host]):
            return int(re.search(r"VmRSS:\s+(\d+)", self.about(pid, "status"))[1]) / 1024
        return None

    def tcp(self, streams, seconds):
        """Gbit/s, bytes carried and CPU seconds of both ends."""
        before = self.cpu()
        out = json.loads(run("h1", "iperf3", "-c", self.address(2), "-t", seconds, "-P", streams, "-J"))
        got = out["end"]["sum_received"]
        return got["bits_per_second"] / 1e9, got["bytes"], self.cpu() - before

    def ping(self, count, interval=0.01):
        """Microseconds of each answer."""
        out = run("h1", "ping", "-n", "-i", interval, "-c", count, "-W", 1, self.address(2))
        times = [float(t) * 1000 for t in re.findall(r"time=([\d.]+)", out)]
        if not times:
            raise Failed("no answer to ping")
        return times

    def blast(self, to, rate, count, size, hosts, batch=1):
        """Sends from h1; what each host got, as tests/tools/blast.c says."""
        sink = subprocess.Popen(["blast", "sink", to, self.device, str(count), *hosts], stdout=subprocess.PIPE, text=True)
        if sink.stdout.readline() != "listening\n":
            raise Failed("the sink does not listen")
        self.settled(to, hosts)
        sent = json.loads(run("h1", "blast", "send", to, self.device, rate, count, size, batch))
        sink.send_signal(signal.SIGTERM)
        got = [json.loads(line) for line in sink.communicate()[0].splitlines()]
        return Blast(sent, got)

    def settled(self, to, hosts):
        """Reports of membership have gone where they must: a group is probed until its members answer."""


class Blast:
    def __init__(self, sent, got):
        self.sent, self.seconds = sent["sent"], sent["seconds"]
        self.received = sum(g["received"] for g in got)
        self.duplicates = sum(g["duplicates"] for g in got)
        self.multicasts = sum(g["multicasts"] for g in got)
        self.rcvbuf_errors = sum(g["rcvbuf_errors"] for g in got)
        self.expected = self.sent * len(got)
        self.loss = 1 - self.received / self.expected if self.expected else 1
        self.rate = self.received / self.seconds
        self.offered = self.sent / self.seconds


def machine():
    """What the figures are worth nothing without."""
    def first(command):
        try:
            out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, shell=True).stdout
            return (out.strip().splitlines() or [""])[0].strip()
        except OSError:
            return ""
    packages = {p: first(f"dpkg-query -W -f '${{Version}}' {p} 2>/dev/null")
                for p in ("tinc", "n2n", "openvpn", "fastd", "iperf3")}
    return {"machine": first("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo") or first("uname -m"),
            "cores": os.cpu_count(), "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            "kernel": first("uname -r"), "system": first(". /etc/os-release; echo $PRETTY_NAME"),
            "castnet": first("edge -V"), "commit": first(f"git -C {HERE} describe --always --dirty"),
            "packages": packages, "date": time.strftime("%Y-%m-%d %H:%M:%S %Z")}
