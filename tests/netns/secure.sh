#!/usr/bin/env bash
# Edges with a key: what they carry, who is left out, what the underlay sees, and how keys are changed.
. "${0%/*}/lib.sh"
unset CASTNET_KEY
netns_enter "$@"

lan net sn=192.0.2.1/24 a=192.0.2.11/24 b=192.0.2.12/24 c=192.0.2.13/24 d=192.0.2.14/24
for key in old new other; do edge genkey >$T/$key; done
for ns in a b c d; do edge genkey >$T/$ns.id; done
cp -p $T/old $T/key

secure() { start_edge "$1" -l 192.0.2.1 -c net -a "$(overlay_of "$1")" --identity "$T/$1.id" "${@:2}"; }
public() { edge pubkey --identity "$T/$1.id"; }
refusals() { counter "$(edge_json "$1")" "$2"; }

# ---- keys, without a network

mode_is() { [ "$(stat -c %a "$1")" = "$2" ]; }
check "a key that is written to a file is its owner's" mode_is $T/old 600
check "a key is 44 characters" grep -qxE '[A-Za-z0-9+/]{43}=' $T/old
check "pubkey reads a file" [ "$(edge pubkey <$T/a.id)" = "$(public a)" ]
check "regkey prints a line of the community file" grep -qxE 'net key:[A-Za-z0-9+/]{43}=' <(edge regkey -c net --key-file $T/old)
says() { [ "$(edge -c net -l 192.0.2.1 "${@:2}" --check-config 2>&1)" != "" ] && edge -c net -l 192.0.2.1 "${@:2}" --check-config 2>&1 | grep -F -- "$1"; }
chmod 644 $T/other
check "a key that others can read is refused" says "mode 0644" --key-file $T/other
chmod 600 $T/other
check "-A1 with a key is refused" says "-A1 means plain" --key-file $T/old -A1
check "n2n's ciphers are refused" says "-A" --key-file $T/old -A3
check "good files are good" says "are good" --key-file $T/old --identity $T/a.id

# ---- two edges

start_supernode sn
spawn net pcap tcpdump -Z root -U -nn -i br0 -w $T/wire.pcap udp
wait_for 5 test -s $T/wire.pcap
secure a --key-file $T/key
secure b --key-file $T/key
all_registered a b
check "a ping gets through" reaches a 10.9.9.2
check "and the other way" reaches b 10.9.9.1
check "status says so first" [ "$(on a edge status | head -n 1 | grep -c encrypted)" = 1 ]
check "the MAC is made from the identity" [ "$(($(printf '%d' "0x$(mac_of a | cut -c1-2)") & 15))" = 6 ]
check "a direct path is used" becomes_direct a b
mcast_listen a b
check "multicast arrives" mcast_arrives a 100 1
check "and the other way" mcast_arrives b 100 1
secret_text() { on a ping -n -c 3 -i 0.1 -W 2 -p 706c61696e74657874706c61696e7465 -s 200 10.9.9.2; }
check "so does a known text" secret_text
tcp() {
	rm -f $T/sink.out
	spawn b sink socat -u TCP-LISTEN:4000,reuseaddr OPEN:$T/sink.out,creat,trunc
	wait_for 5 on b sh -c "ss -Hltn sport = 4000 | grep -q ."
	on a timeout 20 sh -c "yes plaintextplaintext | head -c 20000000 | socat -u - TCP:10.9.9.2:4000" || return
	wait_for 5 sh -c "[ \$(stat -c %s $T/sink.out) = 20000000 ]" && yes plaintextplaintext | head -c 20000000 | cmp - $T/sink.out
}
check "and TCP" tcp
stop net pcap
check "the underlay was listened to" [ "$(stat -c %s $T/wire.pcap)" -gt 1000000 ]
check "and saw no plain text" not grep -qaE 'plaintext' $T/wire.pcap
kept_quiet() {
	local pid text
	pid=$(pid_of a edge)
	text=$(cat "/proc/$pid/cmdline" "/proc/$pid/environ" "$T"/*.log | tr '\0' ' '; on a edge status; edge_json a)
	! grep -qF -e "$(cat $T/key)" -e "$(cat $T/a.id)" <<<"$text"
}
check "neither log nor status nor ps tell keys" kept_quiet
check "nobody can trace it or dump its core" not on a setpriv --reuid 65534 --clear-groups cat "/proc/$(pid_of a edge)/maps"

# ---- others

start_edge c -l 192.0.2.1 -c net -a 10.9.9.3 --identity $T/c.id --key-file $T/other
start_edge d -l 192.0.2.1 -c net -a 10.9.9.4
all_registered c d
check "an edge without key says PLAIN" status_says d edge 'PLAIN'
mcast_listen a b c d
check "members hear multicast" mcast_arrives a 50 1
on c ping -n -c 2 -i 0.2 -W 1 10.9.9.1 >/dev/null
on d ping -n -c 2 -i 0.2 -W 1 10.9.9.1 >/dev/null
check "another key hears nothing" [ "$(grep -c ' from ' $T/c.mcast.log)" = 0 ]
check "nor does an edge without" [ "$(grep -c ' from ' $T/d.mcast.log)" = 0 ]
check "another key reaches nobody" not ping_once c 10.9.9.1
check "nor does an edge without" not ping_once d 10.9.9.1
check "what another key sent is counted" [ "$(refusals a packet_not_opened)" -gt 0 ]
check "what was sent plain is counted" [ "$(refusals a packet_other_transform)" -gt 0 ]
check "and said once" [ "$(grep -c 'sends its frames plain' $T/a.edge.log)" = 1 ]
check "the plain one is told what to do" log_has d.edge 'encrypts as castnet does with a key.*--key-file'
stop_edges c d

# ---- keys change under traffic

rotate() {
	local ns
	cat "$1" >$T/key.next && cat $T/key.next >$T/key
	for ns in a b; do on $ns edge reload || return; done
}
spawn a rotation ping -n -i 0.02 -W 1 10.9.9.2
cat $T/old $T/new >$T/both; cat $T/new $T/old >$T/turned
chmod 600 $T/both $T/turned
for step in both turned new; do
	check "reload with $step" rotate $T/$step
	sleep 1         # traffic with these keys
done
stop a rotation INT
lossless() {
	tail -n 3 $T/a.rotation.log
	grep -q ' 0% packet loss' $T/a.rotation.log
}
check "no frame is lost meanwhile" lossless
check "the new key is in use" reaches a 10.9.9.2
secure c --key-file $T/old
all_registered c
check "the old one is not any more" not ping_once c 10.9.9.1
stop_edges c
echo nonsense >$T/bad; chmod 600 $T/bad
check "a bad file is refused when it is read again" not rotate $T/bad
check "and changes nothing" reaches a 10.9.9.2 2
cat $T/new >$T/key

# ---- whom to trust

{ echo "# ours"; echo "$(public a) a"; echo "$(public b) b"; } >$T/trust
stop_edges a
secure a --key-file $T/key --trust $T/trust
secure c --key-file $T/key
all_registered a c
check "who is listed gets through" reaches a 10.9.9.2
check "members without a list talk" reaches c 10.9.9.2
check "who is not listed does not" not ping_once c 10.9.9.1
check "and is named in the log" grep -qF "$(public c) is refused" $T/a.edge.log
echo "$(public c) c" >>$T/trust
on a edge reload >/dev/null
check "once listed he does" reaches c 10.9.9.1 15
stop_edges a b c

# ---- communities with a registration key

edge regkey -c net --key-file $T/new >$T/communities
stop sn supernode
start_supernode sn -c $T/communities
secure a --key-file $T/new
secure b --key-file $T/new
check "who has the key registers" all_registered a b
check "and gets through" reaches a 10.9.9.2
start_edge c -l 192.0.2.1 -c net -a 10.9.9.3 --identity $T/c.id --key-file $T/old
start_edge d -l 192.0.2.1 -c net -a 10.9.9.4
told() { edge_json "$1" | grep -q '"reason": *"not_proven"'; }
check "who has another is told why not" wait_for 10 told c
check "who has none is, too" wait_for 10 told d
check "and the supernode has two edges" [ "$(counter "$(supernode_json sn)" edges)" = 2 ]
stop_edges a b c d

# ---- the state directory, and a copy of it

state() { sed -n 1p /var/lib/castnet/identity; }
mkdir -p $T/var && mount --bind $T/var /var/lib
kept() { start_edge "$1" -l 192.0.2.1 -c net -a "$(overlay_of "$1")" --key-file $T/new "${@:2}"; }
kept a
first=$(state)
mac=$(mac_of a)
check "an identity is kept" mode_is /var/lib/castnet/identity 600
check "pubkey prints it" grep -qF "public key $(edge pubkey)" $T/a.edge.log
kept b
check "a second edge has one in memory" log_has b.edge "in memory.*in use by another edge"
stop_edges a b
kept a
check "a restart keeps it" [ "$(state)" = "$first" ]
check "and the MAC" [ "$(mac_of a)" = "$mac" ]
stop_edges a
echo 0123456789abcdef0123456789abcdef >$T/machine-id
if mount --bind $T/machine-id /etc/machine-id 2>/dev/null; then
	kept a
	check "a copy on another machine makes a new one" [ "$(state)" != "$first" ]
	check "and says so" log_has a.edge "made on another machine"
	stop_edges a
else
	skip "a copy on another machine makes a new one" "there is no /etc/machine-id"
fi
mount -o remount,bind,ro /var/lib
rm -f $T/a.edge.log
chmod_gone() { rm -rf $T/var/castnet; }
chmod_gone
kept a
check "where nothing can be kept it lives in memory" log_has a.edge "in memory.*none can be kept"
stop_edges a

# ---- a pass phrase

N2N_KEY='correct horse battery staple' start_edge a -l 192.0.2.1 -c net -a 10.9.9.1 --identity $T/a.id
start_edge b -l 192.0.2.1 -c net -a 10.9.9.2 --identity $T/b.id -k 'correct horse battery staple'
wait_for 5 registered b
hidden() { ! tr '\0' ' ' <"/proc/$(pid_of "$1" edge)/$2" | grep -F horse; }
check "a pass phrase is gone from the command line" hidden b cmdline
check "and from the environment" hidden a environ
finish
