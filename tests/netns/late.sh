#!/usr/bin/env bash
# A supernode that cannot be reached or resolved is no failed start; the edge finds it when it is there.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
ip -n sn address add 192.168.77.2/24 dev eth0

lines_about() { grep -cE "$2" "$T/$1.edge.log"; }

check "name unknown: edge starts" on a edge -l n2na1:1200 -c net -a 10.9.9.1
check "name unknown: edge0 is up" edge0_has a 10.9.9.1/24
start_supernode sn -l 1200
name 192.168.77.1 n2na1
check "registered when the name exists" wait_for 10 registered a
stop_background a edge
stop sn supernode

start_edge a -l n2na1:1200 -c net -a 10.9.9.1
start_edge b -l n2na1:1200 -c net -a 10.9.9.2
check "not registered without a supernode" not registered a
start_supernode sn -l 1200
check "registered when the supernode is there" wait_for 5 registered a
check "ping through it" reaches b 10.9.9.1

forget_name n2na1
name 192.168.77.2 n2na1
ip -n sn address del 192.168.77.1/24 dev eth0
moved() { edge_json "$1" | grep -q '192\.168\.77\.2:1200' && registered "$1"; }
check "the name's address changed: found by itself" wait_for 15 moved a
check "by the other edge too" wait_for 15 moved b
check "ping through it" reaches b 10.9.9.1
stop a edge
stop b edge

# SIGHUP looks names up again at once.
ip -n sn address add 192.168.77.1/24 dev eth0
forget_name n2na1
name 192.168.77.2 n2na1
start_edge a -l n2na1:1200 -c net -a 10.9.9.1
check "before SIGHUP" wait_for 5 moved a
forget_name n2na1
name 192.168.77.1 n2na1
kill -HUP "$(pid_of a edge)"
moved_back() { edge_json a | registered_at 192.168.77.1; }
check "SIGHUP: the name is looked up again" wait_for 5 moved_back
stop a edge

# 192.168.77.99 comes first and is nobody.
forget_name n2na1
name 192.168.77.99 n2na1
name 192.168.77.2 n2na1
start_edge a -l n2na1:1200 -c net -a 10.9.9.1
check "name with several addresses: each is tried" wait_for 15 registered a
stop a edge

: >$T/a.edge.log
start_edge a -l nowhere.invalid -c net -a 10.9.9.1
wait_for 3 false
check "a name that stays unknown is logged once or twice, not more" test "$(lines_about a nowhere)" -le 2
check "and it is logged" test "$(lines_about a nowhere)" -ge 1
finish
