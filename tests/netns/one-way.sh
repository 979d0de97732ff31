#!/usr/bin/env bash
# Firewalls that let datagrams between two edges pass in one direction only, or in none.
. "${0%/*}/lib.sh"
netns_enter "$@"
has nft || netns_skip "needs nft (Debian package nftables)"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
on a nft list ruleset >/dev/null 2>&1 || netns_skip "nft does not work here"
start_supernode sn
edges a b -- -l 192.168.77.1

# firewall HOST HOOK MATCH VERDICT
firewall() {
	on "$1" nft -f - <<-RULES
	table ip firewall {
		chain edge {
			type filter hook $2 priority 0
			$3 udp dport 1024-65535 $4
		}
	}
	RULES
}
open_again() { on "$1" nft delete table ip firewall; }

# One ping through is not enough: each side has to have noticed.
both_relayed() { ping_once a 10.9.9.2 && path_is a b relayed && path_is b a relayed; }
through_firewall() {
	check "$1: direct before" becomes_direct a b
	firewall "$2" "$3" "$4" "$5"
	check "$1: by the supernode, both ways" wait_for 15 both_relayed
	check "$1: ping after that" on a ping -n -c 5 -i 0.2 -W 1 10.9.9.2
	open_again "$2"
	check "$1: direct when it is open again" becomes_direct a b 35
}

through_firewall "a hears nothing from b" a input "ip saddr 192.168.77.12" drop
through_firewall "a cannot send to b" a output "ip daddr 192.168.77.12" drop
through_firewall "b rejects what comes from a" b input "ip saddr 192.168.77.11" reject
finish
