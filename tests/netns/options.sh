#!/usr/bin/env bash
# Config files, the lines that must work, --wait, and the routes of -n.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
name 192.168.77.1 n2na1
cd $T || exit

runs() {
	"$@" || return
	if [ "${*:2:1}" = a ]; then stop_background a edge; else stop_background sn supernode; fi
}
fg_runs() {
	local ns=$1 program
	program=$([ "$ns" = a ] && echo edge || echo supernode)
	spawn "$ns" "$program" "${@:2}"
	wait_for 5 on "$ns" "$program" status "${STATUS[@]}" || { cat "$T/$ns.$program.log"; return 1; }
	stop "$ns" "$program"
}
line() { check "${*:2}" runs on "$@"; }
fg_line() { check "${*:2}" fg_runs "$@"; }

echo Intershop >community.list
printf '# 3.x\n-p=7777\n-c=%s\n' $T/community.list >supernode.conf
printf -- '-d n2n0\n-c=mynetwork   # comment\n--supernode-list=n2na1:7654\n-a 10.9.9.1\n' >edge.conf
line sn supernode
line sn supernode -l 1200
STATUS=(-p 7777)
fg_line sn supernode -p 7777 -c community.list -f
fg_line sn supernode $T/supernode.conf -f
STATUS=(-d n2n0)
fg_line a edge $T/edge.conf -f
STATUS=()
line a edge $T/edge.conf -d edge7
ids=(-u 99 -g 99)
setpriv --reuid 99 --regid 99 --clear-groups true 2>/dev/null || ids=()     # one user only
line a edge -d n2n0 -c mynetwork "${ids[@]}" -m DE:AD:BE:EF:01:23 -a 192.168.254.7 -p 50001 -l 123.121.120.119:7654
line a edge -c net -l a:7654 -l b:7654 -I host1 -r -E -S1 -a 10.9.9.1 -n 10.1.0.0/16:10.9.9.2 --select-rtt -t 5650 --management-password x
line a env N2N_COMMUNITY=net N2N_KEY= edge -l a:7654 -a static:10.9.9.1/24 -v
line a env N3N_COMMUNITY=net edge -l a:7654 -a 10.9.9.1
line a edge -l a:7654 -c net -r -a dhcp:0.0.0.0
line a edge -l n2na1 -c net -a 10.9.9.1 -b -x 5 -D -T 0x10 -e auto -L 3 -i 10 --no-port-forwarding

# --wait
on sn supernode
check "--wait=registered" on a edge -l n2na1 -c net -a 10.9.9.1 --wait=registered
check "--wait=registered: is registered when it returns" registered a
stop_background a edge
stop_background sn supernode
waits_in_vain() {
	on a edge -l n2na1 -c net -a 10.9.9.1 --wait=registered,1
	local status=$?
	[ $status -eq 1 ] && gone a edge && ! ip -n a link show dev edge0
}
check "--wait=registered,1 without a supernode: exit status 1, nothing left" waits_in_vain

# Routes.
on sn supernode
ip -n a route add 224.0.0.0/4 dev eth0 metric 500
before=$(ip -n a route)
edges a -- -l n2na1 -n 224.0.0.0/4 -n 10.1.0.0/16:10.9.9.2 -n 10.2.0.0/16
edges b -- -l n2na1
routed() { ip -n a route get "$1" | grep -qE "$2"; }
check "-n 224.0.0.0/4 before the host's own" routed 239.1.1.1 'dev edge0'
check "-n net:gateway" routed 10.1.2.3 'via 10\.9\.9\.2 dev edge0'
check "-n net" routed 10.2.3.4 'dev edge0'
stop_edges a
check "removed on exit" test "$(ip -n a route)" = "$before"
ip -n a tuntap add dev edge0 mode tap
edges a -- -l n2na1 -n 10.2.0.0/16
stop_edges a
check "removed on exit from a TAP that stays" test -z "$(ip -n a route show 10.2.0.0/16)"
ip -n a link del dev edge0
edges a -- -l n2na1 -n 0.0.0.0/0:10.9.9.2
check "-n 0.0.0.0/0: through the overlay" routed 203.0.113.1 'via 10\.9\.9\.2 dev edge0'
check "and the supernode is still reached below" reaches a 10.9.9.2
finish
