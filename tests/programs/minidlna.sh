#!/usr/bin/env bash
# minidlna (SSDP): a's search finds the servers of b and c, each once.
. "${0%/*}/lib.sh"
needs minidlna minidlnad

SSDP=01:00:5e:7f:ff:fa
dlna_on() {
	mkdir -p $T/$1.media $T/$1.db
	printf '%s\n' "network_interface=edge0" "port=8200" "media_dir=$T/$1.media" "db_dir=$T/$1.db" "log_dir=$T/$1.db" \
		"friendly_name=host-$1" "uuid=00000000-0000-0000-0000-00000000000$(overlay_of $1 | cut -d. -f4)" "notify_interval=2" \
		"minissdpdsocket=$T/none" >$T/$1.dlna.conf
	spawn_anew $1 dlna minidlnad -S -f $T/$1.dlna.conf -P $T/$1.dlna.pidfile
}
cat >$T/search.py <<'PYTHON'
import re, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.9.1"))
s.settimeout(3)
s.sendto(b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
         b"ST: urn:schemas-upnp-org:device:MediaServer:1\r\n\r\n", ("239.255.255.250", 1900))
found = []
try:
    while True: found.append(s.recvfrom(2000)[1][0])
except TimeoutError: pass
print(sorted(found))
sys.exit(sorted(found) != ["10.9.9.2", "10.9.9.3"])
PYTHON

ssdp() {
	local ns
	for ns in b c; do dlna_on $ns; done
	expect "both have joined" wants $SSDP b c
	expect "a finds each once" wait_for 12 on a python3 -I -S $T/search.py
	expect "a sends to two" sends_to $SSDP a 2
	stops dlna b c
}

in_modes ssdp
finish
