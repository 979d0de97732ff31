#!/usr/bin/env bash
# What monitoring asks: is it registered, and if not, why not; did the reload go well; which of them is meant.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 x=192.168.77.13/24
echo net >$T/list
chmod 755 $T
start_supernode sn -c $T/list

# exits STATUS REGEX COMMAND...: that exit status, and such a line, on whichever stream.
exits() {
	local want=$1 regex=$2
	shift 2
	"$@" >$T/said 2>&1
	local status=$?
	echo "status $status"
	cat $T/said
	[ $status -eq "$want" ] && grep -qE -- "$regex" $T/said
}
says_why() { status_says "$1" edge "$2" && edge_json "$1" | grep -qE "\"reason\": *\"$3\""; }

check "--check: none runs: 2" exits 2 'none is running' on a edge status --check
edges a -- -l 192.168.77.1
check "--check: registered: 0" exits 0 '^edge0: registered for .* seen there as 192.168.77.11:' on a edge status --check
check "supernode status --check: 0" exits 0 '^supernode: UDP port 7654' on sn supernode status --check
check "--json has no reason" eval '! edge_json a | grep -q reason'

# The address of a.
start_edge b -c net -a 10.9.9.1 -l 192.168.77.1
check "duplicate: the reason" wait_for 5 says_why b 'refused by 192.168.77.1:7654: .* 10.9.9.1/24 is in use' in_use
check "duplicate: --check: 1" exits 1 'NOT registered: refused by .* in use' on b edge status --check
stop_edges b
check "duplicate: --wait says it too" exits 1 '--wait=registered,3: .*in use' \
	on b edge -f -c net -a 10.9.9.1 -l 192.168.77.1 --wait=registered,3

# A community that is not in the file.
start_edge b -c other -a 10.9.9.2 -l 192.168.77.1
check "closed community: the reason" wait_for 30 says_why b '192.168.77.1:7654 (is there, but does not take|does not answer)' '(not_accepted|silent)'
stop_edges b

# Nobody is there.
start_edge b -c net -a 10.9.9.2 -l 192.168.77.13
check "no supernode: the reason" wait_for 15 says_why b '192.168.77.13:7654 is closed' closed
check "no supernode: --check: 1" exits 1 'NOT registered' on b edge status --check
stop_edges b

# No name.
start_edge b -c net -a 10.9.9.2 -l nowhere.invalid
check "no such name: the reason" wait_for 10 says_why b "'nowhere.invalid' cannot be resolved" unresolved
stop_edges b

# ---- reload
echo 'other' >>$T/list
check "supernode reload: 0, and what was read" exits 0 'communities of .*list' on sn supernode reload
check "it was" exits 0 'other' on sn supernode status
echo 'shop-[0-9' >>$T/list
check "a file with a mistake: 1, and which" exits 1 'shop-\[0-9' on sn supernode reload
check "it goes on with what it had" on sn supernode status --check
echo net >$T/list
check "edge reload: 0" exits 0 'resolving' on a edge reload
uid=$(id -u nobody)
if setpriv --reuid "$uid" --clear-groups true 2>/dev/null; then
	chmod 600 $T/list
	check "a file that its user cannot read: 1 at a reload" exits 1 'Permission denied.*chmod' on sn supernode reload
	check "and at the start" exits 1 'Permission denied.*chmod' on x supernode -f -c $T/list
	chmod 644 $T/list
else
	skip "a file that its user cannot read" "this user namespace has one user only"
fi

# ---- several, and one that hangs
start_edge a -c net -a 10.9.9.7 -l 192.168.77.1 -d edge1 -p 50007
wait_for 5 on a edge status -d edge1
check "two run: which" exits 1 '2 are running .*: edge[01], edge[01]; say which one with -d' on a edge status
check "-d edge1" on a edge status -d edge1
kill -STOP "$(pid_of a edge)"
check "one that is stopped does not answer: 2" exits 2 'does not answer' on a edge status --check -d edge1
check "and says no errno" exits 1 'does not answer' on a edge status -d edge1
kill -CONT "$(pid_of a edge)"
finish
