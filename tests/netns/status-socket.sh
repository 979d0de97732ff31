#!/usr/bin/env bash
# /run/castnet: root's own, whoever had it before; sockets for everybody to ask on, of the living only; no client locks
# another out.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
start_supernode sn
socket_of() { echo "/run/castnet/edge-$2.$(on "$1" stat -L -c %i /proc/self/ns/net).sock"; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ] || { stat "$1"; return 1; }; }
uid_is() { [ "$(stat -c %u "$1")" = "$2" ] || { stat "$1"; return 1; }; }
nobody=$(id -u nobody)
as_nobody=(setpriv --reuid "$nobody" --regid "$nobody" --clear-groups)
"${as_nobody[@]}" true 2>/dev/null || as_nobody=()

check "the folder is root's" uid_is /run/castnet 0
check "and nobody else may write there" mode_is /run/castnet 755
stop sn supernode
check "a stopped supernode leaves no socket" bash -c '! ls /run/castnet/*.sock'

# Whoever was nobody had the folder, and put links there.
rm -rf /run/castnet
mkdir -m 777 /run/castnet
chown nobody /run/castnet 2>/dev/null
echo secret >$T/secret
chmod 600 $T/secret
ln -s $T/secret "$(socket_of a edge0)"
ln -s $T/secret "/run/castnet/.$(basename "$(socket_of a edge0)")"
start_supernode sn
start_edge a -l 192.168.77.1 -c net -a 10.9.9.1
check "a planted link: its file stays closed" mode_is $T/secret 600
check "a planted link: its file is as it was" grep -qx secret $T/secret
check "the folder of another is root's now" uid_is /run/castnet 0
check "and closed" mode_is /run/castnet 755
check "the edge has a socket there" test -S "$(socket_of a edge0)"
check "for everybody" mode_is "$(socket_of a edge0)" 666
check "everybody may ask" on a "${as_nobody[@]}" edge status
stop a edge KILL
check "kill -9: its socket goes with it" wait_for 5 not test -e "$(socket_of a edge0)"

# One that is left all the same, because its keeper was killed too.
spawn a dead socat UNIX-LISTEN:"$(socket_of a edge7)" -
wait_for 5 test -S "$(socket_of a edge7)"
stop a dead KILL
check "a dead socket" test -S "$(socket_of a edge7)"
spawn a edge bash -c 'umask 777; exec edge -f -v -l 192.168.77.1 -c net -a 10.9.9.1'
check "umask 777: the edge runs" wait_for 5 on a edge status
check "umask 777: its socket is for everybody" mode_is "$(socket_of a edge0)" 666
check "the dead socket is gone" test ! -e "$(socket_of a edge7)"

for i in $(seq 64); do socat -u UNIX-CONNECT:"$(socket_of a edge0)" /dev/null 2>/dev/null & done
check "status beside 64 clients that say nothing" on a edge status
fifty() {
	local i pids=() bad=0
	for i in $(seq 50); do
		on a edge status >$T/parallel.$i 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || bad=$((bad + 1)); done
	cat $T/parallel.* | grep -v '^ \|^$' | sort | uniq -c | sort -n | tail -n 5
	[ $bad = 0 ]
}
check "50 at once are all answered" fifty
check "the edge is well" wait_for 5 registered a
check "SIGTERM" stop a edge
check "nothing of it is left" test ! -e "$(socket_of a edge0)"
finish
