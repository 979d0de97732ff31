#!/usr/bin/env bash
# The TAP is moved to another network namespace and back, renamed, set down: noticed, said, and put right when it can be.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn
edges a b -- -l 192.168.77.1 -n 10.77.0.0/16
reaches a 10.9.9.2
MAC=$(mac_of a)
state_is() { edge_json a | grep -q "\"device_state\": *\"$1\""; }
whole() { edge0_has a 10.9.9.1/24 && [ "$(mac_of a)" = "$MAC" ] && ip -n a route show 10.77.0.0/16 | grep -q 'dev edge0'; }

hosts room
check "state: up" state_is up
ip -n a link set edge0 netns room
check "moved: the log says so" wait_for 5 log_has a.edge 'edge0 was moved to another network namespace'
check "and status" status_says a edge 'edge0 was MOVED to another network namespace'
check "and status --json" state_is moved
ip -n room address add 10.9.9.1/24 dev edge0
ip -n room link set edge0 up
check "with the same address it works there" reaches room 10.9.9.2
ip -n room link set edge0 down
ip -n room address flush dev edge0
ip -n room link set edge0 address 02:00:00:00:00:99
ip -n room link set edge0 netns a
check "back: address, MAC and routes are put right" wait_for 5 whole
check "the log says so" log_has a.edge 'edge0 is there again'
check "state: up" state_is up
check "ping" reaches a 10.9.9.2

# And again, with the namespace gone below it.
ip -n a link set edge0 netns room
wait_for 5 state_is moved
ip -n room link del edge0
check "deleted there: made again here" wait_for 10 whole
check "ping" reaches a 10.9.9.2

ip -n a link set edge0 down
check "down: status says so" status_says a edge 'edge0 is DOWN'
check "state: down" state_is down
ip -n a link set edge0 name other0
ip -n a link set other0 up
check "renamed: status has the new name" status_says a edge '^other0: address 10\.9\.9\.1'
check "ping" reaches a 10.9.9.2
check "status -d with the name it started with" on a edge status -d edge0
stop_edges a
check "nothing stays" not ip -n a link show other0
finish
