#!/usr/bin/env bash
# A supernode that falls silent: what is flooded goes on straight, with a gap of less than two seconds; and one that is
# only late makes no copies.
. "${0%/*}/lib.sh"
netns_enter "$@"

# Link-local, so flooded (VRRP's neighbour), once every 10 ms.
GROUP=224.0.0.251
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
edges a b c -- -l 192.168.77.1 -n 224.0.0.0/4
check "a and b are direct" becomes_direct a b
check "a and c are direct" becomes_direct a c

# gap NAME: the most datagrams in a row that b missed, in hundredths of a second, and what came twice.
start_stream() {
	for ns in b c; do joins $ns stream $GROUP:7655 edge0 || return; done
	spawn_anew a stream mcping send $GROUP:7655 -i edge0 -c 1000 -r 100 -W 1 -e 2
	wait_for 5 log_has b.stream 'sends, run'
}
# lost HOST, twice HOST: as its row of the sender's table says.
row() { grep -F "$(overlay_of "$1"):" $T/a.stream.log; }
lost() { row "$1" | awk '{ print $3 }'; }
twice() { row "$1" | awk '{ print $4 }'; }
end_stream() {
	wait "$(pid_of a stream)"
	for ns in b c; do stop $ns stream; done
	cat $T/a.stream.log
}
few_lost() { for ns in b c; do [ "$(lost $ns)" -le "$1" ] && [ "$(twice $ns)" -eq 0 ] || return; done; }

check "a stream that everybody gets" start_stream
sleep 1
kill -STOP "$(pid_of sn supernode)"
check "the supernode falls silent" end_stream
check "less than 2 s are lost, and nothing comes twice" few_lost 199
kill -CONT "$(pid_of sn supernode)"
all_registered a b c

# ---- late, not gone: answers wait for a second, and everything with them

check "another stream" start_stream
sleep 1
kill -STOP "$(pid_of sn supernode)"
sleep 0.9
kill -CONT "$(pid_of sn supernode)"
check "the supernode is silent for 0.9 s" end_stream
check "nothing is lost, nothing comes twice" few_lost 0
finish
