#!/usr/bin/env bash
# What the programs keep after the start: edge CAP_NET_ADMIN and nothing else, supernode nothing; user nobody.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24
NET_ADMIN=0000000000001000 NONE=0000000000000000

field() { sed -n "s/^$3:[[:space:]]*//p" "/proc/$(pids "$1" "$2")/status"; }
is() { [ "$(field "$1" "$2" "$3")" = "$4" ] || { echo "$3: $(field "$1" "$2" "$3")"; return 1; }; }
# threads_have HOST PROGRAM CAPABILITIES: each thread but the first.
threads_have() {
	local pid task n=0
	pid=$(pids "$1" "$2")
	for task in /proc/"$pid"/task/*; do
		[ "${task##*/}" != "$pid" ] || continue
		n=$((n + 1))
		grep -qP "^CapEff:\t$3$" "$task/status" && grep -qP "^CapPrm:\t$3$" "$task/status" || { cat "$task/status"; return 1; }
	done
	[ $n -gt 0 ]
}
ids_are() { is "$1" "$2" Uid "$(printf "$3\t$3\t$3\t$3")" && is "$1" "$2" Gid "$(printf "$4\t$4\t$4\t$4")"; }

start_supernode sn
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
for cap in CapEff CapPrm; do
	check "edge: $cap is CAP_NET_ADMIN" is a edge $cap $NET_ADMIN
	check "supernode: $cap is nothing" is sn supernode $cap $NONE
done
for cap in CapInh CapAmb; do
	check "edge: $cap is nothing" is a edge $cap $NONE
	check "supernode: $cap is nothing" is sn supernode $cap $NONE
done
check "edge: the bounding set is CAP_NET_ADMIN" is a edge CapBnd $NET_ADMIN
check "supernode: the bounding set is empty" is sn supernode CapBnd $NONE
for program in edge supernode; do
	[ $program = edge ] && host=a || host=sn
	check "$program: no_new_privs" is $host $program NoNewPrivs 1
done
check "edge: the resolver has no capability" threads_have a edge $NONE
# A user namespace of an ordinary user knows no nobody; then the programs stay who they are.
uid=$(id -u nobody) gid=$(id -g nobody)
if setpriv --reuid "$uid" --regid "$gid" --clear-groups true 2>/dev/null; then
	check "edge: user and group nobody" ids_are a edge "$uid" "$gid"
	check "supernode: user and group nobody" ids_are sn supernode "$uid" "$gid"
	stop_edges a
	stop sn supernode
	spawn a edge setpriv --groups 4,12 edge -f -l 192.168.77.1 -c net -a 10.9.9.1
	spawn sn supernode setpriv --groups 4,12 supernode -f
	check "edge started with other groups" wait_for 5 on a edge status
	check "supernode started with other groups" wait_for 5 on sn supernode status
	check "edge: no other groups" is a edge Groups ''
	check "supernode: no other groups" is sn supernode Groups ''
	stop_edges a
	stop sn supernode
	start_edge a -l 192.168.77.1 -c net -a 10.9.9.1 -u daemon -g 12
	start_supernode sn -u "$(id -u daemon)" -g daemon
	check "edge -u daemon -g 12" ids_are a edge "$(id -u daemon)" 12
	check "supernode -u NUMBER -g daemon" ids_are sn supernode "$(id -u daemon)" "$(id -g daemon)"
	check "edge as daemon works" wait_for 10 registered a
	stop_edges a
	start_edge a -l 192.168.77.1 -c net -a 10.9.9.1 -u root -g root
	check "edge -u root: CapEff is CAP_NET_ADMIN all the same" is a edge CapEff $NET_ADMIN
else
	skip "edge and supernode: user and group" "this user namespace has one user only"
fi
check "there are status sockets" bash -c 'ls /run/castnet/edge-*.sock /run/castnet/supernode-*.sock'
check "status is for everybody to read" bash -c '[ -z "$(find /run/castnet -name "*.sock" ! -perm -o=w)" ]'
if setpriv --reuid "$uid" --regid "$gid" --clear-groups true 2>/dev/null; then
	for program in edge supernode; do
		[ $program = edge ] && host=a || host=sn
		cp "$BUILD/$program" $T && chmod 755 $T $T/$program
		check "nobody may ask $program" on $host setpriv --reuid "$uid" --regid "$gid" --clear-groups $T/$program status
	done
fi
finish
