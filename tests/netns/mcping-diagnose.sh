#!/usr/bin/env bash
# What mcping says when nothing arrives or something was written wrong: each cause is made, and must be named.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan sw a=10.0.0.1/24 b=10.0.0.2/24
lan sw2 a=10.1.0.1/24 b=10.1.0.2/24
lan_multicast sw
MG=239.10.10.10

# says STATUS REGEX HOST WORDS...: mcping ends so, and standard error has such a line.
says() {
	on "$3" mcping "${@:4}" >$T/out 2>$T/err
	local status=$?
	cat $T/out $T/err
	[ $status -eq "$1" ] && grep -qE -- "$2" $T/err
}
# says_later HOST.NAME REGEX: one that runs does; it takes 5 s of silence.
says_later() { wait_for 60 log_has "$1" "$2" || { cat "$T/$1.log"; return 1; }; }
# lacks REGEX: it did not say that as well.
lacks() { ! grep -E -- "$1" $T/err; }
send() { says 1 "$1" a send $MG "${@:2}" -c 2 -r 100 -W 0.3; }
out_says() { python3 -c "import json; j = json.load(open('$T/out')); assert $1"; }
hears() { says 1 "$1" b listen $MG "${@:2}" -w 0.3; }

# ---- wrong usage: one sentence, status 2
wrong() {
	check "$1: usage" says 2 "$2" a "${@:3}"
	check "$1: one sentence" test "$(wc -l <$T/err)" = 1
}
wrong "nothing at all" 'mcping listen GROUP'
wrong "no command" "'$MG' is no command" $MG
wrong "no group" 'which group' send -i eth0
wrong "a host's address" "'10.0.0.2' is no multicast group; groups are 224" send 10.0.0.2
wrong "a name" "'shop' is no multicast group" listen shop
wrong "a bad port" "'99999' is no port" send $MG:99999
wrong "an unknown interface" "'eth7' is no interface of this host; it has: .*eth0, eth1" send $MG -i eth7
wrong "IPv6 without brackets" 'brackets: \[ff15::1:10\]' listen ff15::1:10
wrong "a link-local group without interface" 'name the interface' send '[ff02::1]'
wrong "an option of the other command" 'option of mcping send' listen $MG --rate 5
check "--help" on a mcping --help
check "--version" on a mcping -V

# ---- no way out
check "no route" send 'There is no route to 239.10.10.10. Name the interface .*eth0, eth1'
check "no route: listen" hears 'There is no route to 239.10.10.10'
check "no route: --json all the same" send 'There is no route' --json
check "is JSON, with the reason" out_says "not j['ok'] and j['interface'] is None and 'no route' in j['hints'][0]"
check "no route: listen --json" hears 'There is no route' --json
check "is JSON, with the reason, too" out_says "j['senders'] == [] and 'no route' in j['hints'][0]"
ip -n a link set dev eth0 down
check "interface down" send 'eth0 is down. Set it up: ip link set dev eth0 up' -i eth0
check "interface down: listen" says 1 'eth0 is down' a listen $MG -i eth0 -w 0.3
ip -n a link set dev eth0 up
on a nft -f - <<-RULES
table ip fw {
	chain out {
		type filter hook output priority 0;
		ip daddr $MG drop
	}
}
RULES
check "a firewall refuses" send 'A firewall of this host refuses it' -i eth0
check "without any answer being missed" lacks 'Has anybody joined'
on a nft delete table ip fw

# ---- silence
check "nobody has joined" send "Has anybody joined.*mcping listen $MG:7655" -i eth0
check "TTL 1" grep -q 'The TTL is 1: no router' $T/err
check "firewall hint, with the port of the answers" grep -qE 'answers, which are UDP to port [0-9]+ of this host' $T/err
check "another interface" grep -q 'left by eth0 as asked for; there is also eth1' $T/err
check "--ttl 5: nothing about the TTL" send 'Has anybody joined' -i eth0 -t 5
check "so it is" lacks TTL
check "--ttl 0" send 'The TTL is 0: nothing leaves' -i eth0 -t 0
ip -n a route add 224.0.0.0/4 dev eth1
check "the routing table means another one" send \
	'left by eth1, which the routing table says; there is also eth0.*-i eth0, or: ip route add'
ip -n a route del 224.0.0.0/4
check "loopback" send 'lo is the loopback interface' -i lo
ip -n a address flush dev eth1
check "no address" send 'eth1 has no IPv4 address' -i eth1
check "the source is that of another interface" grep -q 'has the source 10.0.0.1, an address of another' $T/err
ip -n a address add 10.1.0.1/24 dev eth1
ip -n a link set dev eth1 multicast off
check "no multicast" send 'eth1 does not do multicast.*multicast on' -i eth1
ip -n a link set dev eth1 multicast on
# The kernel tells of a carrier up to a second later.
running() { ip -n a -o link show dev eth1 | grep -q 'LOWER_UP.* state UP'; }
ip -n sw2 link set dev a down
wait_for 5 not running
check "no carrier" send 'eth1 has no carrier' -i eth1
ip -n sw2 link set dev a up
wait_for 5 running

check "listen: silence" hears 'Does anybody send.*mcping send 239.10.10.10:7655' -i eth0
check "listen: the interface is named" grep -q "joined $MG:7655 on eth0" $T/out
check "listen: another interface" grep -q 'is joined on eth0 as asked for; there is also eth1' $T/err
check "listen: querier" grep -q 'needs a querier' $T/err
on b sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter'
check "listen: strict reverse-path filter" hears 'reverse-path filter of eth0 is strict.*rp_filter=2' -i eth0
ip -n a address add 10.7.7.7/32 dev lo
spawn b filtered mcping listen $MG -i eth0 -w 200
wait_for 5 log_has b.filtered '^joined'
ip -n b route add 10.0.0.1/32 dev eth1
on a mcping send $MG -i eth0 -c 7 -r 100 -W 0.3 >/dev/null 2>&1
check "listen: it dropped something, after 5 s of silence" \
	says_later b.filtered 'reverse-path filter of this host dropped [0-9]+ packets'
stop b filtered INT
ip -n b route del 10.0.0.1/32 dev eth1
on b sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/rp_filter; echo 2 >/proc/sys/net/ipv4/conf/eth0/force_igmp_version'
check "listen: IGMPv2 knows no sources" hears 'eth0 speaks IGMPv2.*knows no sources' -i eth0 -S 10.0.0.9
check "listen: only that sender" grep -q 'Only what --source names' $T/err
check "listen: IGMPv2 tells of a querier" hears 'eth0 speaks IGMPv2, so there is a querier' -i eth0
check "listen: a group for source-specific multicast" says 1 \
	'to those who name the sender' b listen 232.1.1.1 -i eth0 -w 0.3
spawn b gone mcping listen $MG -i eth0 -w 200
wait_for 5 log_has b.gone '^joined'
ip -n b link set dev eth0 down
check "listen: the interface went down" says_later b.gone 'eth0 is down'
stop b gone INT
ip -n b link set dev eth0 up
on b socat -u UDP-RECV:7655,bind=$MG /dev/null &
wait_for 5 sh -c "nsenter --net=/run/netns/b ss -uln | grep -q $MG:7655"
check "listen: the port is taken by who does not share it" hears \
	'Cannot use UDP port 7655 of 239.10.10.10: .*ss -ulnp' -i eth0
kill $!
finish
