#!/usr/bin/env bash
# -t: n2n's management port, for programs written for it.
. "${0%/*}/lib.sh"
netns_enter "$@"
has socat || netns_skip "needs socat"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
cd $T || exit
echo net >community.list
start_supernode sn -c community.list -m 02:00:00:00:5a:01 -t 5645 --management-password s3cret
edges a -- -l 192.168.77.1 -p 50001 -I first -t 5644 --management-password s3cret
edges b -- -l 192.168.77.1 -p 50002 -I 'second "quoted"' -t 5644
becomes_direct a b

# ask HOST PORT REQUEST: what comes back.  answers HOST PORT REQUEST TEXT: a line with this text does.
ask() { printf '%s\n' "$3" | on "$1" socat -t 0.3 - "UDP4:127.0.0.1:$2"; }
answers_once() { ask "$1" "$2" "$3" >$T/answer; cat $T/answer; grep -qF -- "$4" $T/answer; }
answers() { wait_for 5 answers_once "$@" || { cat $T/answer; return 1; }; }
silent() { [ -z "$(ask "$1" "$2" "$3")" ]; }
row='"_type":"row",'
b_mac=$(mac_of b)

check "edge: communities" answers a 5644 "r 2 communities" "{\"_tag\":\"2\",${row}\"community\":\"net\"}"
check "edge: the peer, direct" answers a 5644 "r 3 edges" "{\"_tag\":\"3\",${row}\"mode\":\"p2p\",\"ip4addr\":\"10.9.9.2/24\",\"purgeable\":0,\"local\":0,\"macaddr\":\"$b_mac\",\"sockaddr\":\"192.168.77.12:50002\",\"desc\":\"second \\\"quoted\\\""
check "edge: the supernode, current" answers a 5644 "r 4 supernodes" '"purgeable":1,"current":1,"macaddr":"02:00:00:00:5a:01","sockaddr":"192.168.77.1:7654"'
check "edge: packetstats" answers a 5644 "r 6 packetstats" "${row}\"type\":\"super_broadcast\",\"tx_pkt\":0,\"rx_pkt\":0}"
check "edge: help" answers a 5644 "r 1 help" "${row}\"cmd\":\"timestamps\""
check "edge: end with cmd" answers a 5644 "r 1 help" '{"_tag":"1","_type":"end","cmd":"help"}'
check "supernode: edges" answers sn 5645 "r 3 edges" "{\"_tag\":\"3\",${row}\"community\":\"net\",\"ip4addr\":\"10.9.9.2/24\",\"purgeable\":0,\"macaddr\":\"$b_mac\",\"sockaddr\":\"192.168.77.12:50002\",\"proto\":\"UDP\",\"desc\":\"second \\\"quoted\\\""
check "supernode: communities" answers sn 5645 "r 2 communities" "${row}\"community\":\"net\",\"purgeable\":0,\"is_federation\":0,\"ip4addr\":\"10."
check "supernode: end without cmd" answers sn 5645 "r 2 communities" '{"_tag":"2","_type":"end"}'

# number HOST PORT METHOD NAME: a member of a row
number() { ask "$1" "$2" "r 1 $3" | grep -oE "\"$4\":[0-9]+" | head -n 1 | grep -oE '[0-9]+$'; }
recent() {
	local then
	then=$(number "$@")
	[ "${then:-0}" -gt $((EPOCHSECONDS - 120)) ] && [ "$then" -le $((EPOCHSECONDS + 1)) ]
}
for name in start_time last_super last_p2p; do
	check "edge: $name is of now" wait_for 5 recent a 5644 timestamps $name
done
for name in start_time last_fwd last_reg_super; do
	check "supernode: $name is of now" wait_for 5 recent sn 5645 timestamps $name
done
counted() { [ "$(number "$@")" -gt 0 ]; }
check "edge: frames are counted" wait_for 5 counted a 5644 packetstats tx_pkt
check "status counts the requests" test "$(counter "$(edge_json a)" management_requests)" -gt 5

valid() { for request in help edges supernodes timestamps packetstats verbose communities; do ask a 5644 "r 1 $request"; done |
	python3 -c 'import json, sys; n = [json.loads(line) for line in sys.stdin]; sys.exit(len(n) < 20)'; }
if has python3; then check "every answer is JSON" wait_for 9 valid; else skip "every answer is JSON" "python3 is missing"; fi

# What changes something.
check "edge: write" answers a 5644 "w 8:1:s3cret verbose 1" '"traceLevel":1}'
check "edge: and read" answers a 5644 "r 8 verbose" '"traceLevel":1}'
answers a 5644 "w 8:1:s3cret verbose 3" '"traceLevel":3}'
check "no password" answers a 5644 "w 9 stop" '{"_tag":"9","_type":"error","error":"badauth"}'
check "wrong password" answers a 5644 "w 9:1:n2n stop" badauth
check "n2n's default password where none was given" answers b 5644 "w 9:1:n2n stop" badauth
check "plain stop" answers a 5644 stop '{"_tag":"-1","_type":"error","error":"badtype"}'
check "plain reload_communities" answers sn 5645 reload_communities badtype
check "subscriptions" answers a 5644 "s 9:1:s3cret test" unimplemented
check "the edges live" reaches a 10.9.9.2

echo another >>community.list
check "supernode: reload without password" answers sn 5645 "w 9 reload_communities" badauth
check "nothing was reloaded" not answers_once sn 5645 "r 2 communities" another
check "supernode: reload" answers sn 5645 "w 9:1:s3cret reload_communities" "${row}\"ok\":0}"
check "the new community" answers sn 5645 "r 2 communities" another
echo 'bad 10.9.9.9' >>community.list
check "supernode: a bad file" answers sn 5645 "w 9:1:s3cret reload_communities" "${row}\"ok\":1}"
check "the communities stay" answers sn 5645 "r 2 communities" another

# Who may ask, and where nobody listens.
from_outside() { [ -z "$(printf 'r 1 help\n' | on b socat -t 0.3 - "UDP4:192.168.77.11:5644" 2>&1 | grep _tag)" ]; }
check "not from another host" from_outside
asked_from() { printf 'r 1 help\n' | on a socat -t 0.3 - "UDP4:127.0.0.1:5644,bind=$1" | grep _tag; }
refused_from() { ! asked_from "$1" && [ "$(counter "$(edge_json a)" management_not_from_this_host)" -gt 0 ]; }
check "from 127.0.0.1" wait_for 5 asked_from 127.0.0.1
check "not from another address of this host" refused_from 192.168.77.11
stop_edges b
edges b -- -l 192.168.77.1
check "without -t there is no port" silent b 5644 "r 1 help"

in_use() {
	on a edge -l 192.168.77.1 -c net -a 10.9.9.9 -d edge7 -t 5644 2>$T/said
	local status=$?
	cat $T/said
	[ $status -eq 1 ] && [ "$(wc -l <$T/said)" -eq 1 ] && grep -q 5644.*in.use.*-t $T/said && ! ip -n a link show edge7
}
check "port in use: a sentence, exit status 1, nothing left" in_use
sn_in_use() {
	on sn supernode -p 7700 -t 5645 2>$T/said
	local status=$?
	cat $T/said
	[ $status -eq 1 ] && [ "$(wc -l <$T/said)" -eq 1 ]
}
check "the same with supernode" sn_in_use

# A burst of requests, and of rubbish, beside the traffic.
burst() {
	for i in $(seq 200); do printf 'r %d edges\n' "$i"; done | on a socat -u -b 16 - UDP4:127.0.0.1:5644
	head -c 200000 /dev/urandom | on a socat -u -b 1000 - UDP4:127.0.0.1:5644
	reaches a 10.9.9.2 && answers a 5644 "r last verbose" '{"_tag":"last"'
}
check "a burst of requests" burst

ends() {
	answers_once "$1" "$2" "w 9:1:s3cret stop" '"keep_running":0}'
	wait "$(pid_of "$1" "$3")"
}
check "edge: stop, exit status 0" ends a 5644 edge
check "supernode: stop, exit status 0" ends sn 5645 supernode
finish
