#!/usr/bin/env bash
# Direct where it can be, relayed where it must be, and always working: ping and TCP.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn

tcp() {
	rm -f "$T/$2.iperf3.log"
	spawn "$2" iperf3 stdbuf -oL iperf3 -s -1
	wait_for 5 log_has "$2.iperf3" 'Server listening'
	on "$1" timeout 20 iperf3 -c "$3" -t 1 "${@:4}"
}
tcp_checks() {
	if has iperf3; then
		check "$1: TCP" tcp a b 10.9.9.2
		check "$1: TCP, the other way" tcp a b 10.9.9.2 -R
	else
		skip "$1: TCP" "iperf3 is missing"
	fi
}

edges a b -- -l 192.168.77.1
check "one segment: ping" reaches a 10.9.9.2
check "one segment: direct" becomes_direct a b
tcp_checks "direct"
on a nft -f - <<-RULES
	table ip filter {
		chain out { type filter hook output priority 0; ip daddr 192.168.77.12 udp dport 1-65535 drop; }
		chain in { type filter hook input priority 0; ip saddr 192.168.77.12 drop; }
	}
RULES
check "the direct path breaks: relayed within 10 s" reaches a 10.9.9.2 10
says_relayed() { ping_once a 10.9.9.2; path_is a b relayed; }
check "and says so" wait_for 20 says_relayed
on a nft flush ruleset
check "it is back: direct again" becomes_direct a b 40
stop_edges a b

edges a b -- -l 192.168.77.1 -S1
capture a eth0 peer 'udp and host 192.168.77.12'
check "-S1: ping" reaches a 10.9.9.2
tcp_checks "-S1"
check "-S1: relayed" path_is a b relayed
check "-S1: nothing goes directly" not log_has a.peer '192.168.77.12'
stop a peer
stop_edges a b
finish
