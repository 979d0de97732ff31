#!/usr/bin/env bash
# Two edges, each behind a NAT of its own: direct where the two kinds allow it, relayed otherwise.
. "${0%/*}/lib.sh"
netns_enter "$@"
has nft || netns_skip "nft is missing"

lan internet sn=198.51.100.1/24 ra=198.51.100.11/24 rb=198.51.100.12/24
lan home_a ra=192.168.1.1/24 a=192.168.1.2/24
lan home_b rb=192.168.1.1/24 b=192.168.1.2/24
gateway a 192.168.1.1
gateway b 192.168.1.1
start_supernode sn

both_are() { path_is a b "$1" && path_is b a "$1"; }
# A relayed pair must stay relayed while it tries.
stays_relayed() { not becomes_direct a b 3 && both_are relayed; }

try() {
	local ra=$1 rb=$2 want=$3 ns
	for ns in ra rb; do on $ns nft flush ruleset; done
	nat "$ra" ra 192.168.1.2
	nat "$rb" rb 192.168.1.2
	edges a b -- -l 198.51.100.1
	check "$ra and $rb: ping" reaches a 10.9.9.2
	check "$ra and $rb: ping back" reaches b 10.9.9.1
	if [ "$want" = direct ]; then
		check "$ra and $rb: direct" becomes_direct a b
	else
		check "$ra and $rb: relayed" stays_relayed
	fi
	mcast_listen b
	check "$ra and $rb: multicast" mcast_arrives a 20 1
	stop b mcast
	stop_edges a b
}

try port-restricted port-restricted direct
try full-cone symmetric direct
try full-cone port-restricted direct
try symmetric port-restricted relayed
try symmetric symmetric relayed
finish
