#!/usr/bin/env bash
# Peers that have died: status says at once that they are silent, and what is sent to them goes by the supernode soon; names
# where there are any; no heading without a line.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
for ns in a b c; do start_edge $ns -l 192.168.77.1 -c net -a "$(overlay_of $ns)" -I "name-$ns"; done
all_registered a b c
quiet a b c
declare -A mac
for ns in b c; do mac[$ns]=$(mac_of $ns); done
row() { on a edge status | grep -F " ${mac[$1]} "; }
shows() { row "$1" >$T/row; cat $T/row; grep -qE "$2" $T/row; }
becomes_direct a b
becomes_direct a c
check "a living peer that was just heard is direct" shows b 'name-b +10.9.9.2/24 +direct  '
stop b edge KILL
stop c edge KILL
check "without traffic a dead peer is said to be silent" wait_for 8 shows b 'direct, silent for [0-9]+ s'
silent_ms() { edge_json a | tr '{}' '\n\n' | grep -F "${mac[b]}" | grep '"silent_ms":[1-9]'; }
check "in JSON too" silent_ms
on a ping -n -i 0.2 -w 30 10.9.9.3 >/dev/null 2>&1 &
check "with traffic it is relayed within seconds" wait_for 9 shows c ' relayed '

start_edge b -l 192.168.77.1 -c net -a 10.9.9.2 -I name-b
all_registered b
mcast_listen b
mcast_arrives a 20 1 >/dev/null
member() { on a edge status groups >$T/groups; grep -qE "$(mac_of b) .* 10.9.9.2/24 +name-b" $T/groups; }
check "members have address and name" wait_for 15 member
joined() { on b edge status groups | grep -E '01:00:5e:0a:0a:0a +yes .* 239\.10\.10\.10'; }
check "a group that was joined here has its IP address" joined

# Each heading of the counters has a line below it.
headings() {
	on "$@" >$T/text || return
	awk 'function ends() { if (heading != "" && !lines) { print "nothing below " heading; bad = 1 } }
		/^$/ { ends(); heading = ""; fresh = 1; next }
		fresh && !/^ / { heading = $0; lines = 0; fresh = 0; next }
		{ lines++; fresh = 0 }
		END { ends(); exit bad }' $T/text
}
check "no heading stands alone" headings a edge status
check "nor of groups" headings a edge status groups
check "nor of the supernode" headings sn supernode status
on_purpose() {
	on a mcast send 239.20.20.20:5000 edge0 20 5
	edge_json a | tr '{}' '\n\n' >$T/parts
	grep -A1 '"on_purpose":' $T/parts | grep -q '"suppressed":[1-9]' && ! grep -A1 '"drops":' $T/parts | grep '"suppressed"'
}
check "what is not sent on purpose is no drop" wait_for 20 on_purpose
finish
