# shellcheck shell=bash disable=SC2086
# Sourced by world.sh: the peers, how each is started.  Without encryption where they can do without.

SUPERNODE=172.31.0.10

# ---- castnet

castnet_hub() { start_supernode s -p 1200; }
castnet_start() {
	local options=()
	[ "$2" != relayed ] || options=(-S1)
	# shellcheck disable=SC2086
	spawn "h$1" edge edge -f -l $SUPERNODE:1200 -c net -a "10.9.9.$1" -d edge0 "${options[@]}" ${EDGE_OPTIONS:-}
}
castnet_ready() {
	local i
	for i in $(seq "$2"); do wait_for 10 registered "h$i" || return; done
	[ "$1" != direct ] || wait_for 15 castnet_direct
}
castnet_direct() {
	ping_once h1 10.9.9.2
	path_is h1 h2 direct && path_is h2 h1 direct
}

# ---- n2n of Debian: version 1, which always encrypts (Twofish)

n2n_hub() { spawn s n2n /usr/bin/supernode -l 7655; wait_for 5 log_has s.n2n ready; }
n2n_start() {
	# Without -r it drops multicast.
	spawn "h$1" n2n /usr/sbin/edge -r -d n2n0 -a "10.9.9.$1" -c net -k bench -l $SUPERNODE:7655
}
n2n_ready() { true; }

# ---- tinc: switch mode, no cipher, no digest, no compression

# tinc_node NAME ADDRESS [LINE...]: its directory, made when first asked for.  One key pair serves all.
tinc_node() {
	local name=$1 dir=$T/tinc.$1
	mkdir -p "$dir" $T/tinc.hosts
	if [ ! -e $T/tinc.key/rsa_key.priv ]; then
		mkdir -p $T/tinc.key && echo 'Name = key' >$T/tinc.key/tinc.conf && mkdir -p $T/tinc.key/hosts
		tincd -c $T/tinc.key -K 2048 </dev/null >/dev/null 2>&1
	fi
	ln -sfn $T/tinc.hosts "$dir/hosts"
	cp $T/tinc.key/rsa_key.priv "$dir/"
	printf '%s\n' "Name = $name" 'Mode = switch' 'Interface = tinc0' 'DeviceType = tap' 'AddressFamily = ipv4' \
		"${@:3}" >"$dir/tinc.conf"
	{
		printf '%s\n' "Address = $2" 'Cipher = none' 'Digest = none' 'Compression = 0'
		cat $T/tinc.key/hosts/key
	} >"$T/tinc.hosts/$name"
	printf '#!/bin/sh\nip link set dev $INTERFACE up\n' >"$dir/tinc-up"
	[ "$name" = s ] || echo "ip address add 10.9.9.${name#h}/24 dev \$INTERFACE" >>"$dir/tinc-up"
	chmod +x "$dir/tinc-up"
}
tinc_spawn() { spawn "$1" tinc tincd -D -d 3 -c "$T/tinc.$1" --pidfile="$T/tinc.$1/running"; }
tinc_hub() {
	tinc_node s $SUPERNODE
	tinc_spawn s
	wait_for 5 log_has s.tinc Ready
}
tinc_start() {
	local lines=()
	if [ "$2" = direct ]; then
		[ "$1" = 1 ] || lines+=('ConnectTo = h1')
	else
		lines+=('ConnectTo = s')
	fi
	[ "$2" != relayed ] || lines+=('IndirectData = yes')
	tinc_node "h$1" "$(underlay_of "$1")" "${lines[@]}"
	[ "$2" != relayed ] || echo 'IndirectData = yes' >>"$T/tinc.hosts/h$1"
	tinc_spawn "h$1"
	# Who finds nobody listening tries again after 5 s only.
	wait_for 5 log_has "h$1.tinc" Ready
}
# Until it knows by its probes what UDP carries, frames go by TCP.
tinc_ready() {
	local i to=s
	[ "$1" != direct ] || to=h2
	wait_for 20 tinc_udp h1 $to || return
	[ "$1" != hub ] || for i in $(seq "$2"); do wait_for 20 tinc_udp s "h$i" || return; done
}
tinc_udp() {
	ping_once h1 10.9.9.2
	kill -USR2 "$(pid_of "$1" tinc)"
	grep -E "^ *.* $2 at .*min [1-9][0-9]{2,}" "$T/$1.tinc.log"
}

# ---- openvpn: two ends, TAP, no TLS, no cipher

openvpn_start() {
	spawn "h$1" openvpn openvpn --dev ovpn0 --dev-type tap --proto udp --remote "$(underlay_of $((3 - $1)))" 1194 \
		--lport 1194 --ifconfig "10.9.9.$1" 255.255.255.0 --cipher none --auth none
}
openvpn_ready() { true; }

# ---- fastd: method null

fastd_key() {
	[ -e "$T/fastd.$1" ] || fastd --machine-readable --generate-key >"$T/fastd.$1"
	if [ "$2" = secret ]; then
		cat "$T/fastd.$1"
	else
		echo "secret \"$(<"$T/fastd.$1")\";" | fastd --machine-readable --show-key -c -
	fi
}
# fastd_spawn HOST OTHER...
fastd_spawn() {
	local host=$1 conf=$T/fastd.$1.conf peer up='ip link set dev fastd0 up'
	[ "$host" = s ] || up+="; ip address add 10.9.9.${host#h}/24 dev fastd0"
	{
		printf '%s\n' 'mode tap; interface "fastd0"; method "null"; mtu 1400; bind any:10000;' \
			"secret \"$(fastd_key "$host" secret)\"; on up \"$up\";"
		[ "$host" != s ] || echo 'forward yes;'
		for peer in "${@:2}"; do
			if [ "$peer" = s ]; then address=$SUPERNODE; else address=$(underlay_of "${peer#h}"); fi
			echo "peer \"$peer\" { key \"$(fastd_key "$peer" public)\"; remote $address:10000; }"
		done
	} >"$conf"
	spawn "$host" fastd fastd -c "$conf"
}
fastd_hub() {
	local i all=()
	for i in $(seq "$2"); do all+=("h$i"); done
	fastd_spawn s "${all[@]}"
}
fastd_start() { if [ "$2" = direct ]; then fastd_spawn "h$1" "h$((3 - $1))"; else fastd_spawn "h$1" s; fi; }
fastd_ready() { true; }

# ---- what the kernel has: vxlan with a static list of peers; the bare veth underneath

vxlan_start() {
	local i
	ip -n "h$1" link add vxlan0 type vxlan id 42 dstport 4789 local "$(underlay_of "$1")" dev eth0 || return
	for i in $(seq "$3"); do
		[ "$i" = "$1" ] ||
			bridge -n "h$1" fdb append 00:00:00:00:00:00 dev vxlan0 dst "$(underlay_of "$i")" || return
	done
	ip -n "h$1" address add "10.9.9.$1/24" dev vxlan0
	ip -n "h$1" link set dev vxlan0 up
}
vxlan_ready() { true; }

veth_start() { [ "$1" != 1 ] || bridge_multicast on; }
veth_ready() { true; }
