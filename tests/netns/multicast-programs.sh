#!/usr/bin/env bash
# Multicast of programs that others wrote, over edge0: iperf 2, socat, avahi; mcping on every host at once as omping is
# used; one source only.  Each program is skipped where it is not installed.
. "${0%/*}/lib.sh"
netns_enter "$@"

EDGE=(-l 192.168.77.1 -n 224.0.0.0/4)
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24 d=192.168.77.14/24
start_supernode sn
edges a b c d -- "${EDGE[@]}"
quiet a b c d

rx_bytes() { ip -n "$1" -s link show dev edge0 | awk 'rx { print $1; exit } / RX:/ { rx = 1 }'; }

# The kernel has ff00::/8 in its table local for each interface, and takes the first; so that is where this goes.
for ns in a b c d; do ip -n $ns -6 route add multicast ff15::/16 dev edge0 table local; done

# ---- iperf 2

# Frames that go straight overtake the last ones by the supernode, which iperf tells apart from loss, and of two copies
# it would take one as a loss less.
iperf_got_all() { log_has "$1.iperf" ' 0/ *[1-9][0-9]+ \(0%\)'; }
both_got_all() { iperf_got_all b && iperf_got_all c; }
d_was_spared() { [ $(($(rx_bytes d) - before)) -lt 10000 ]; }

# iperf_to NAME GROUP GROUP_MAC OPTIONS...: the options are those of the receivers, -V of the sender too.
iperf_to() {
	local name=$1 group=$2 mac=$3 ns
	shift 3
	for ns in b c; do spawn_anew $ns iperf iperf -s -u -l 200 -B "$group%edge0" "$@"; done
	check "iperf, $name: both are members" member "$mac" b c
	before=$(rx_bytes d)
	[ "${1:-}" = -V ] || set --
	check "iperf, $name: 2000 a second" on a iperf -c "$group" -u -T 5 -l 200 -b 2000pps -t 0.5 "$@"
	check "iperf, $name: both got all" wait_for 5 both_got_all
	check "iperf, $name: d, which has not joined, got nothing" d_was_spared
	for ns in b c; do stop $ns iperf; done
}

users_iperf() {
	has iperf || { skip "iperf" "not installed (Debian package iperf)"; return; }
	iperf_to IPv4 239.10.10.10 01:00:5e:0a:0a:0a
	iperf_to IPv6 ff15::1:10 33:33:00:01:00:10 -V
	iperf_to "one source" 232.10.10.10 01:00:5e:0a:0a:0a --ssm-host 10.9.9.1
}

# ---- socat: a number in each datagram

has_numbers() { sort "$T/$1.socat.out" | cmp - $T/numbers; }
all_have_numbers() { has_numbers b && has_numbers c; }

# socat_to NAME GROUP_MAC RECEIVER SENDER: addresses of socat.
socat_to() {
	local ns
	for ns in b c; do spawn_anew $ns socat socat -u "$3" "CREATE:$T/$ns.socat.out"; done
	check "socat, $1: both are members" member "$2" b c
	seq -f %03g 0 199 >$T/numbers
	check "socat, $1: 200 datagrams" on a socat -u -b 4 "OPEN:$T/numbers" "$4"
	check "socat, $1: both got each once" wait_for 5 all_have_numbers
	for ns in b c; do stop $ns socat; done
}

users_socat() {
	has socat || { skip "socat" "not installed (Debian package socat)"; return; }
	socat_to IPv4 01:00:5e:01:02:03 UDP4-RECV:6666,ip-add-membership=239.1.2.3:edge0 UDP4-DATAGRAM:239.1.2.3:6666
	socat_to IPv6 33:33:00:01:00:03 'UDP6-RECV:6666,ipv6-join-group=[ff15::1:3]:edge0' 'UDP6-DATAGRAM:[ff15::1:3]:6666'
}

# ---- mcping as omping is used: every host listens and sends

everyone_to_everyone() {
	local ns status=0
	for ns in a b c d; do spawn $ns sends mcping send "$1" -i edge0 -c 100 -r 200 -e "$2"; done
	for ns in a b c d; do
		wait "$(pid_of $ns sends)" || { status=1; cat $T/$ns.sends.log; }
		rm -f $T/$ns.sends.log
	done
	return $status
}
users_everyone() {
	local group mac ns
	while read -r group mac; do
		for ns in a b c d; do check "mcping: $ns listens to $group" joins $ns mcping "$group" edge0; done
		check "mcping: all are members of $group" member $mac a b c d
		# Its own listener hears it too.
		check "mcping: everyone sends to everyone, $group" everyone_to_everyone "$group" 4
		for ns in a b c d; do stop $ns mcping; done
	done <<-GROUPS
	239.20.20.20 01:00:5e:14:14:14
	[ff15::1:20] 33:33:00:01:00:20
	GROUPS
}

# ---- one source only

answered_by() { grep -oE '^10\.9\.9\.[0-9]+' $T/sent | sort -u | xargs; }
sends() { on "$1" mcping send 232.1.1.1 -i edge0 -c 20 -r 200 -e 1 -W 1 >$T/sent && [ "$(answered_by)" = "$2" ]; }
users_source() {
	check "one source: c listens to a" joins c mcping 232.1.1.1 edge0 -S 10.9.9.1
	check "one source: d listens to b" joins d mcping 232.1.1.1 edge0 -S 10.9.9.2
	check "one source: c and d are members" member 01:00:5e:01:01:01 c d
	check "one source: c alone hears a" sends a 10.9.9.3
	check "one source: d alone hears b" sends b 10.9.9.4
	stop c mcping
	stop d mcping
	check "one source: nobody is a member any more" wait_for 5 nobody_known
}
nobody_known() { not group_known 01:00:5e:01:01:01 c && not group_known 01:00:5e:01:01:01 d; }

# ---- avahi: a bus and a daemon for each host

AVAHI_BUS='<busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>'

bus_of() { echo "unix:path=$T/$1.bus"; }
avahi() { on "$1" env DBUS_SYSTEM_BUS_ADDRESS="$(bus_of "$1")" "${@:2}"; }
avahi_starts() {
	local at=$T/$1.avahi
	mkdir -p "$at"
	# shellcheck disable=SC2059
	printf "$AVAHI_BUS" "$T/$1.bus" >"$at/bus.conf"
	printf '%s\n' "[server]" "host-name=host-$1" "allow-interfaces=edge0" "use-ipv4=$2" "use-ipv6=$3" \
		"[wide-area]" "enable-wide-area=no" "[publish]" "publish-workstation=no" >"$at/avahi.conf"
	spawn_anew "$1" bus dbus-daemon --nofork --nopidfile --config-file="$at/bus.conf"
	wait_for 5 test -S "$T/$1.bus" || return
	# There is one pid file; so each has a /run/avahi-daemon of its own.
	mkdir -p "$at/run" /run/avahi-daemon
	spawn_anew "$1" avahi unshare --mount sh -c "mount --bind $at/run /run/avahi-daemon &&
		DBUS_SYSTEM_BUS_ADDRESS=$(bus_of "$1") exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f $at/avahi.conf"
	wait_for 10 log_has "$1.avahi" 'Server startup complete'
}
avahi_stops() { stop "$1" avahi; stop "$1" bus; rm -f "$T/$1.bus"; }
browses() {
	avahi "$1" avahi-browse -p -t -r _castnet._udp >$T/browsed &&
		grep "^=;edge0;$2;shop;.*;host-b.local;$3;4711;" $T/browsed
}
resolves() { avahi "$1" avahi-resolve "$2" -n host-b.local | grep -F "$3"; }

# avahi_by FAMILY -4|-6 YES_OR_NO YES_OR_NO ADDRESS
avahi_by() {
	local ns
	for ns in a b; do check "avahi, $1: starts on $ns" avahi_starts $ns "$3" "$4"; done
	avahi b avahi-publish -s shop _castnet._udp 4711 >$T/b.publish.log 2>&1 &
	check "avahi, $1: a sees what b publishes" wait_for 10 browses a "$1" "$5"
	check "avahi, $1: a resolves b's name" wait_for 10 resolves a "$2" "$5"
	for ns in a b; do avahi_stops $ns; done
}
users_avahi() {
	has avahi-browse && has avahi-daemon && has dbus-daemon ||
		{ skip "avahi" "not installed (Debian packages avahi-daemon avahi-utils dbus)"; return; }
	avahi_by IPv4 -4 yes no 10.9.9.2
	avahi_by IPv6 -6 no yes "$(ip -n b -o -6 address show dev edge0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')"
}

users_iperf
users_socat
users_everyone
users_source
users_avahi
finish
