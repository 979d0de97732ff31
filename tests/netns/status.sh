#!/usr/bin/env bash
# status and status --json; every drop is counted; strangers get nothing out of it.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 sm=192.168.77.2/24 a=192.168.77.11/24 b=192.168.77.12/24 x=192.168.77.66/24
start_supernode sn
edges a -- -l 192.168.77.1 -p 50001 -I first
edges b -- -l 192.168.77.1 -p 50002 -I second
becomes_direct a b

says() { on "$1" "${@:3}" >$T/said; cat $T/said; grep -qE -- "$2" $T/said; }
valid_json() { on "$1" "$2" status --json "${@:3}" | python3 -m json.tool; }

for word in net 10.9.9.2 192.168.77.12:50002 192.168.77.1:7654 direct second; do
	check "edge status names $word" says a "$word" edge status
done
for word in net 10.9.9.1 10.9.9.2 192.168.77.11:50001 first second; do
	check "supernode status names $word" says sn "$word" supernode status
done
for word in version uptime community supernodes peers drops datagram_foreign_or_encrypted; do
	check "edge status --json has $word" says a "\"${word}[a-z_]*\":" edge status --json
done
for word in version uptime communities edges drops source_not_registered; do
	check "supernode status --json has $word" says sn "\"${word}[a-z_]*\":" supernode status --json
done
if has python3; then
	check "edge status --json is JSON" valid_json a edge
	check "supernode status --json is JSON" valid_json sn supernode
	check "edge status --json groups: in any order" valid_json a edge groups
else
	skip "status is JSON" "python3 is missing"
fi
check "edge status -d edge0" on a edge status -d edge0
check "edge status bogus: an error" says a "'bogus' is no option; give -d DEVICE" sh -c 'edge status bogus 2>&1'
check "edge reload groups: an error" says a "'groups' is no option" sh -c 'edge reload groups 2>&1'
check "edge status -d edge9: an error" not on a edge status -d edge9
check "edge status where none runs: an error" not on x edge status
check "supernode status -p 7654" on sn supernode status -p 7654
check "edge reload" on a edge reload
check "still registered" wait_for 5 registered a

# Clients of the status socket that say nothing, and more of them than there is room for.
if has socat; then
	socket=$(ls /run/castnet/edge-edge0.*.sock | head -n 1)
	for i in $(seq 40); do socat -u UNIX-CONNECT:"$socket" /dev/null 2>/dev/null & done
	check "status with 40 silent clients" wait_for 5 on a edge status
	check "ping with 40 silent clients" reaches a 10.9.9.2
	check "a client that writes rubbish" bash -c "head -c 100000 /dev/zero | socat -u - UNIX-CONNECT:$socket; true"
	check "the edge lives" on a edge status
fi

# Strangers: x sends raw datagrams.
community=6e6574$(printf '%034d' 0)
stranger=020000000066
mac() { mac_of "$1" | tr -d :; }
zeros() { printf "%0$(($1 * 2))d" 0; }
ping=0302000b$community$stranger$(zeros 6)0000
query=0302000b$community$stranger$(mac a)0000
packet=03020003$community$stranger$(mac a)0101$(mac a)${stranger}0800$(zeros 46)
spoofed=03020003$community$(mac b)$(mac a)0101$(mac a)$(mac b)0800$(zeros 46)
encrypted=a5c3$(printf 'e7%.0s' $(seq 80))

drops() { counter "$(supernode_json sn)" "$1"; }
# dropped COUNTER HEX...: the supernode answers nothing and counts each under this name.
dropped() {
	local before after
	before=$(drops "$1")
	local answer
	answer=$(on x datagram -w 300 192.168.77.1 7654 "${@:2}")
	after=$(drops "$1")
	echo "$1: $before, then $after; answer: $answer"
	[ -z "$answer" ] && [ "$after" -eq $((before + $# - 1)) ]
}
answers_at_most_what_was_sent() {
	local n=$1 i pings=() bytes
	for i in $(seq "$n"); do pings+=("$ping"); done
	bytes=$(($(on x datagram -w 300 192.168.77.1 7654 "${pings[@]}" | tr -d '\n' | wc -c) / 2))
	echo "$((n * 38)) bytes sent, $bytes answered"
	[ $bytes -le $((n * 38)) ] && { [ "$n" -lt 2 ] || [ $bytes -gt 0 ]; }
}
edge_counts() {
	local before
	before=$(counter "$(edge_json a)" "$1")
	on x datagram -w 100 192.168.77.11 50001 "$2"
	wait_for 3 edge_counted "$1" $((before + 1))
}
edge_counted() { [ "$(counter "$(edge_json a)" "$1")" -ge "$2" ]; }

check "supernode: noise" dropped datagram_short 00 "@23"
check "supernode: encrypted" dropped datagram_foreign_or_encrypted "$encrypted" "@100"
check "supernode: unknown type" dropped datagram_unknown_type 03020002$community 03020009$community
check "supernode: cut off" dropped datagram_malformed 03020005$community$stranger 0302000b$community
check "supernode: PACKET of a stranger" dropped source_not_registered "$packet" "$spoofed"
check "supernode: QUERY_PEER of a stranger" dropped source_not_registered "$query"
check "supernode: one PING is not answered with more" answers_at_most_what_was_sent 1
check "supernode: several PINGs are answered, with no more bytes" answers_at_most_what_was_sent 5
check "edge: noise" edge_counts datagram_short 00
check "edge: encrypted" edge_counts datagram_foreign_or_encrypted "$encrypted"
check "edge: another community" edge_counts datagram_other_community 03020003$(zeros 20)$stranger$(mac a)0101$(zeros 60)
check "edge: cut off" edge_counts datagram_malformed 03020001$community
check "edge: a NAK of a stranger" edge_counts datagram_not_from_supernode 03020028${community}00000000$(mac a)00000000
# A stranger registers as many edges and communities as he likes: the tables are bounded, and so is the log.
start_supernode sm --max-communities 20 --max-edges 30 --max-community-edges 5
register() { printf '03020005%s00000001%s0000000000%s00010010%s00000000' "$1" "$2" "$(zeros 16)" "$(printf 'a7%.0s' $(seq 16))"; }
flood() {
	local i datagrams=()
	for i in $(seq 100 399); do
		datagrams+=("$(register "636f6d$(printf '%s' "$i" | od -An -tx1 | tr -d ' \n')$(zeros 14)" 020000000$i)")
		datagrams+=("$(register "$community" 021000000$i)")
	done
	on x datagram -w 300 192.168.77.2 7654 "${datagrams[@]}" >$T/acks
}
at_most() { [ "$(counter "$(supernode_json sm)" "$1")" -le "$2" ] && [ "$(counter "$(supernode_json sm)" "$1")" -gt 0 ]; }
check "600 registrations of a stranger" flood
check "each answer is shorter than its question" bash -c "! grep -E '.{159}' $T/acks && grep -q . $T/acks"
check "no more communities than --max-communities" at_most communities_n 20
check "no more edges than --max-edges" at_most edges_n 30
check "community_full is counted" at_most community_full 300
check "communities_full is counted" at_most communities_full 300
check "the log is bounded" test "$(wc -l <$T/sm.supernode.log)" -lt 50

check "edge and supernode live" reaches a 10.9.9.2
check "the log of the supernode has not grown by that" test "$(wc -l <$T/sn.supernode.log)" -lt 30
finish
