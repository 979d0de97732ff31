# shellcheck shell=bash
# Sourced by findings/*.sh.  Each shows one fact about a kernel or program of this field that is easily guessed wrong and
# that has hurt users of multicast, on two hosts a (10.0.0.1) and b (10.0.0.2) joined by a veth pair, in namespaces, with
# valid input and without castnet.  It states the version and what it sees, and fails where that is no longer so.

# shellcheck disable=SC2034
T=/run/finding                  # scratch files; exists inside only
finding_enter() {
	if [ "${FINDING_INSIDE:-}" != "$$" ]; then
		unshare --mount --net --pid --fork --mount-proc true 2>/dev/null || { echo "skipped: needs root"; exit 77; }
		FINDING_INSIDE=1 exec unshare --mount --net --pid --fork --kill-child --mount-proc bash -c 'FINDING_INSIDE=$$ exec bash "$@"' bash "$0"
	fi
	mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/netns $T
	local ns
	for ns in a b; do ip netns add $ns && ip -n $ns link set lo up; done
	ip link add va netns a type veth peer name vb netns b
	ip -n a address add 10.0.0.1/24 dev va && ip -n b address add 10.0.0.2/24 dev vb
	ip -n a link set va up && ip -n b link set vb up
	echo "Linux $(uname -r), $(. /etc/os-release; echo "$PRETTY_NAME")"
}
on() { nsenter --net="/run/netns/$1" -- "${@:2}"; }
until_true() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))
	until "${@:2}" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}
# seen WHAT VALUE WANTED
changed=0
seen() {
	echo "$1: $2"
	[ "$2" = "$3" ] || { echo "	changed: it was $3"; changed=1; }
}
finish() { [ $changed = 0 ] && echo "as found"; exit $changed; }
