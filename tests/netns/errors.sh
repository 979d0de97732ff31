#!/usr/bin/env bash
# A wrong start: one sentence that quotes the value, exit status 2 for usage and 1 for the system, nothing left.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24

state() { { ip -n a -o link; ip -n a route show table all; ls /run/castnet; } 2>&1; }

# error STATUS QUOTED COMMAND...: on host a.  One line, which has the quoted text, and nothing has changed.
error() {
	local want=$1 quoted=$2 before status
	shift 2
	check "${*/#$T\//}: exit status $want, says \"$quoted\"" errs "$want" "$quoted" "$@"
}
errs() {
	local want=$1 quoted=$2 before status
	shift 2
	before=$(state)
	on a timeout 10 "$@" >$T/out 2>$T/err
	status=$?
	echo "status $status"
	cat $T/out $T/err
	[ $status -eq "$want" ] && [ ! -s $T/out ] && [ "$(wc -l <$T/err)" -eq 1 ] && grep -qF -- "$quoted" $T/err &&
		[ "$before" = "$(state)" ] && gone a edge && gone a supernode
}
edge_error() { error "$1" "$2" edge -l 192.168.77.1 -c net -a 10.9.9.1 "${@:3}"; }

error 2 "-c" edge
error 2 "-c" edge -l n2na1:1200 -a 10.9.9.1
error 2 "-l" edge -c Intershop -a 10.9.9.1
error 2 "'-E'" edge -l n2na1:1200 -c Intershop -a -E
error 2 "12345678901234567890" edge -l n2na1 -c 12345678901234567890 -a 10.9.9.1
error 2 "''" edge -l n2na1 -c '' -a 10.9.9.1
for value in 10.9.9.300 10.9.9 10.9.9.1/33 10.9.9.1/0 10.9.9.0/24 10.9.9.255/24 0.0.0.0 224.0.0.1 127.0.0.1 static: bogus:10.9.9.1 ''; do
	error 2 "${value#static:}" edge -l n2na1 -c net -a "$value"
done
for value in n2na1:0 n2na1:65536 n2na1:abc n2na1:1:2 2001:db8::1 '[2001:db8::1' '[2001:db8::1]7654' 1.2.3 1.2.3.400 '' 'two words'; do
	error 2 "$value" edge -c net -a 10.9.9.1 -l "$value"
done
for value in 02:00:00:00:00 02:00:00:00:00:0g 01:00:5e:00:00:01 00:00:00:00:00:00 bogus; do edge_error 2 "$value" -m "$value"; done
for value in abc 10 70000 -1 1e3 ''; do edge_error 2 "$value" -M "$value"; done
for value in 65536 -1 port 1.2.3.4.5; do edge_error 2 "$value" -p "$value"; done
for value in 10.1.0.0/33 10.1.0.0 10.1.2.3/16 10.1.0.0/16: 10.1.0.0/16:gw 10.1.0.0/16:10.9.9.2:1 224.0.0.1/4; do
	edge_error 2 "$value" -n "$value"
done
edge_error 2 1234567890123456 -d 1234567890123456
edge_error 2 "a/b" -d a/b
edge_error 2 0 -i 0
edge_error 2 soon -i soon
edge_error 2 256 -T 256
edge_error 2 256 -L 256
edge_error 2 "-e" -L 192.168.77.11
edge_error 2 nowhere -e nowhere
edge_error 2 nonsense -R nonsense
edge_error 2 255.0.255.0 -s 255.0.255.0
edge_error 2 no-such-user -u no-such-user
edge_error 2 no-such-group -g no-such-group
edge_error 2 later --wait=later
edge_error 2 7 --protocol=7
edge_error 2 "-Z" -Z -E -m 02:00:00:00:00:01
edge_error 2 "--bogus" --bogus
edge_error 2 "-M" -M
edge_error 2 stray stray
edge_error 2 "-A3" -A 3
error 2 /no/such/file edge /no/such/file -c net

# Never plain what was to be encrypted.
edge_error 2 "-A1" -k secret -A1
edge_error 2 "/etc/hosts" --key-file=/etc/hosts
for option in -A2 -A3 -A4 -A5 -A -H -z1 -z -S2 '-J password' '-P key' '-K file' --cipher=aes; do
	edge_error 2 "edge: " $option
done
for variable in N2N_PASSWORD N3N_PASSWORD; do
	error 2 $variable env $variable=secret edge -l n2na1 -c net -a 10.9.9.1
done

error 2 "other:7654" supernode -l other:7654
error 2 host supernode -l host
error 2 abc supernode -p abc
error 2 70000 supernode -p 70000
error 2 1300 supernode -l 1200 -p 1300
error 2 "-F" supernode -F myfed
error 2 10.0.0.0 supernode -a 10.0.0.0
error 2 10.0.0.1 supernode -a 10.0.0.1-10.0.9.0/24
error 2 10.9.0.0-10.0.0.0/24 supernode -a 10.9.0.0-10.0.0.0/24
error 2 01:00:5e:00:00:01 supernode -m 01:00:5e:00:00:01
error 2 12345678901234567890 supernode -V 12345678901234567890
error 2 0 supernode --max-edges=0
error 2 "-Z" supernode -Z
error 2 no-such-user supernode -u no-such-user
error 1 /no/such/list supernode -c /no/such/list
printf 'Intershop\nshop-[0-9\n' >$T/list
error 2 "shop-[0-9" supernode -c $T/list

# The system refuses.
on a supernode -l 1200
port_in_use() {
	on a timeout 10 "$@" >$T/out 2>$T/err
	local status=$?
	cat $T/out $T/err
	[ $status -eq 1 ] && [ "$(wc -l <$T/err)" -eq 1 ] && grep -q 1200 $T/err && grep -qi 'in use' $T/err && gone a edge
}
check "supernode: port in use: 1" port_in_use supernode -l 1200
check "edge: port in use: 1" port_in_use edge -l 192.168.77.1 -c net -a 10.9.9.1 -p 1200
check "edge: no edge0 left" not ip -n a link show dev edge0
stop_background a supernode
edge_error 1 10.1.0.0/16 -n 10.1.0.0/16:172.31.0.1

on a edge -l 192.168.77.1 -c net -a 10.9.9.1
busy() {
	on a timeout 10 edge -l 192.168.77.1 -c net -a 10.9.9.2 2>$T/err
	local status=$?
	cat $T/err
	[ $status -eq 1 ] && grep -q edge0 $T/err && grep -qiE 'busy|in use' $T/err && [ "$(pids a edge | wc -l)" -eq 1 ]
}
check "edge0 is in use: 1" busy
check "the first edge lives" on a edge status
stop_background a edge
ip -n a link add edge0 type bridge
edge_error 1 edge0
ip -n a link del dev edge0
ip -n a tuntap add dev edge0 mode tun
edge_error 1 edge0
ip -n a link del dev edge0
ip -n a tuntap add dev edge0 mode tap multi_queue
edge_error 1 multi_queue
ip -n a link del dev edge0
ip -n a tuntap add dev edge0 mode tap
check "a free TAP that is there already is used" on a edge -l 192.168.77.1 -c net -a 10.9.9.1
check "and has the address" edge0_has a 10.9.9.1/24
check "ends" stop_background a edge
check "and is still there" ip -n a link show dev edge0
check "without the address" not edge0_has a 10.9.9.1/24
ip -n a link del dev edge0

hide_tun='mount -t tmpfs tmpfs /dev/net; exec "$@"'
error 1 /dev/net/tun unshare -m sh -c "$hide_tun" sh edge -l 192.168.77.1 -c net -a 10.9.9.1
uid=$(id -u nobody)
if setpriv --reuid "$uid" --clear-groups true 2>/dev/null; then
	cp "$BUILD/edge" "$BUILD/supernode" $T
	chmod 755 $T $T/edge $T/supernode
	error 1 root setpriv --reuid "$uid" --clear-groups $T/edge -l 192.168.77.1 -c net -a 10.9.9.1
	error 1 80 setpriv --reuid "$uid" --clear-groups $T/supernode -p 80
else
	skip "not root" "this user namespace has one user only"
fi

# --check-config looks, and changes nothing.
printf '%s\n' '-c "two words"' '-l 192.168.77.1' '-a 10.9.9.1' >$T/edge.conf
printf '%s\n' 'one 10.1.0.0/24' 'tw[o' >$T/list
checks() {
	local status before
	before=$(state)
	on a "${@:2}" --check-config >$T/out 2>&1
	status=$?
	cat $T/out
	[ "$status" -eq "$1" ] && [ "$before" = "$(state)" ] && gone a edge && gone a supernode
}
check "edge --check-config with a good file" checks 0 edge $T/edge.conf
check "it says so" grep -q good $T/out
echo '-M 5' >>$T/edge.conf
check "with a bad one: exit status 2" checks 2 edge $T/edge.conf
check "file, line and value are named" grep -q "edge.conf:4.*'5'" $T/out
check "supernode --check-config reads the community file" checks 2 supernode -c $T/list
check "and names what is wrong there" grep -q 'tw\[o' $T/out

# Asking for help is no error.
for program in edge supernode; do
	check "$program -h: exit status 0, on stdout" bash -c "$program -h 2>&1 >/dev/null | { ! grep -q .; } && $program -h | grep -q usage"
	check "$program --help" bash -c "$program --help | grep -q -- --verbose"
done
finish
