"""The world inside: namespaces, overlays and what can be measured on them.  Everything that draws is in world.sh."""

import glob
import json
import os
import re
import select
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

    def cpu(self, hosts):
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
        """Gbit/s, bytes carried, and the CPU seconds of both ends and of the middle."""
        daemons = ("h1", "h2"), ("s",)
        before = [self.cpu(d) for d in daemons]
        out = json.loads(run("h1", "iperf3", "-c", self.address(2), "-t", seconds, "-P", streams, "-J"))
        got = out["end"]["sum_received"]
        return got["bits_per_second"] / 1e9, got["bytes"], {d: self.cpu(d) - b for d, b in zip(daemons, before)}

    def ping(self, count, interval=0.01):
        """Microseconds of each answer."""
        out = run("h1", "ping", "-n", "-i", interval, "-c", count, "-W", 1, self.address(2))
        times = [float(t) * 1000 for t in re.findall(r"time=([\d.]+)", out)]
        if not times:
            raise Failed("no answer to ping")
        return times

    def blast(self, to, rate, count, size, hosts, batch=1, begun=lambda: None):
        """Sends from h1; what each host got, as tests/tools/blast.c says."""
        sink = subprocess.Popen(["blast", "sink", to, self.device, str(int(count)), *hosts], stdout=subprocess.PIPE,
                                text=True)
        try:
            if sink.stdout.readline() != "listening\n":
                raise Failed("the sink does not listen")
            self.probe(to, sink, hosts)
            before = counts(hosts)
            begun()
            sent = json.loads(run("h1", "blast", "send", to, self.device, rate, int(count), size, batch))
            sink.send_signal(signal.SIGTERM)
            got = [json.loads(line) for line in sink.communicate()[0].splitlines()]
        finally:
            sink.kill()
        return Blast(sent, got, [now - then for now, then in zip(counts(hosts), before)])

    def probe(self, to, sink, hosts):
        """Until all can be reached, and where there are direct paths to members, until those are open."""
        prober = start("h1", "blast", "send", to, self.device, 50, 100000, 16)
        try:
            if not select.select([sink.stdout], [], [], 40)[0] or sink.stdout.readline() != "reached\n":
                raise Failed("not every receiver is reached")
            if self.peer.groups and is_group(to):
                script("all_direct", *hosts)
        finally:
            prober.kill()
            prober.communicate()


def is_group(endpoint):
    return 224 <= int(endpoint.split(".")[0]) < 240


class Blast:
    def __init__(self, sent, got, kernel):
        self.sent, self.seconds = sent["sent"], sent["seconds"]
        self.received = sum(g["received"] for g in got)
        self.duplicates = sum(g["duplicates"] for g in got)
        self.multicast_bytes, self.overruns = (sum(k[i] for k in kernel) for i in (0, 1))
        self.expected = self.sent * len(got)
        self.missing = self.expected - self.received
        self.loss = self.missing / self.expected if self.expected else 1
        self.rate = self.received / self.seconds
        self.offered = self.sent / self.seconds


class Counts(tuple):
    def __sub__(self, other):
        return Counts(a - b for a, b in zip(self, other))


def counts(hosts):
    """Of the kernel, for each host: bytes of multicast that came in less 28 of headers for each packet, which is right
    also where one packet holds many datagrams (GRO); datagrams for which a receiver had no room.  Not UDP's
    InDatagrams: the datagrams of the overlay's daemon are among those."""
    found = []
    for host in hosts:
        lines = run(host, "cat", "/proc/net/netstat", "/proc/net/snmp").splitlines()
        values = {}
        for names, numbers in zip(lines[::2], lines[1::2]):
            kind = names.split(":")[0]
            values.update((f"{kind}.{n}", int(v)) for n, v in zip(names.split()[1:], numbers.split()[1:]))
        found.append(Counts((values["IpExt.InMcastOctets"] - 28 * values["IpExt.InMcastPkts"],
                             values["Udp.RcvbufErrors"])))
    return found


def machine():
    """What the figures are worth nothing without."""
    def first(command):
        out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, shell=True).stdout
        return (out.strip().splitlines() or [""])[0].strip()
    packages = {p: first(f"dpkg-query -W -f '${{Version}}' {p}")
                for p in ("tinc", "n2n", "openvpn", "fastd", "iperf3")}
    return {"machine": first("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo") or first("uname -m"),
            "cores": os.cpu_count(), "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            "kernel": first("uname -r"), "system": first(". /etc/os-release; echo $PRETTY_NAME"),
            "castnet": first("edge -V"),
            "commit": first(f"git -C {os.environ['BUILD']} describe --always --dirty --exclude '*'"),
            "packages": packages, "date": time.strftime("%Y-%m-%d %H:%M:%S %Z")}
