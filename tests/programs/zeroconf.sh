#!/usr/bin/env bash
# python-zeroconf (mDNS): a finds what b and c publish.
. "${0%/*}/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import zeroconf' 2>/dev/null || { echo "skipped: zeroconf: not installed (Debian package python3-zeroconf)"; exit 77; }
needs python3-zeroconf "$PYTHON"

cat >$T/mdns.py <<'PYTHON'
import socket, sys, time
from zeroconf import ServiceBrowser, ServiceInfo, Zeroconf
what, address = sys.argv[1:3]
z = Zeroconf(interfaces=[address])
KIND = "_castnet._udp.local."
if what == "publish":
    name = sys.argv[3]
    z.register_service(ServiceInfo(KIND, name + "." + KIND, 4711, addresses=[socket.inet_aton(address)], server=name + ".local."))
    print("published", flush=True)
    time.sleep(60)
class Listener:
    def add_service(self, z, kind, name):
        info = z.get_service_info(kind, name)
        print("found", name, info and [socket.inet_ntoa(a) for a in info.addresses], info and info.port, flush=True)
    def update_service(self, *_): pass
    def remove_service(self, z, kind, name): print("removed", name, flush=True)
ServiceBrowser(z, KIND, Listener())
time.sleep(60)
PYTHON

mdns() {
	local ns
	for ns in b c; do spawn_anew $ns publish "$PYTHON" $T/mdns.py publish "$(overlay_of $ns)" host-$ns; done
	for ns in b c; do expect "$ns publishes" wait_for 15 log_has $ns.publish published; done
	spawn_anew a browse "$PYTHON" $T/mdns.py browse 10.9.9.1
	for ns in b c; do expect "a finds $ns" wait_for 15 log_has a.browse "found host-$ns.*$(overlay_of $ns).*4711"; done
	stops publish b c
	stops browse a
}

in_modes mdns
finish
