# shellcheck shell=bash
# Sourced by scripts/demo and scripts/test: finds and installs what they need.

PATH=$PATH:/usr/sbin:/sbin

there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# need THING=PACKAGE...: THING is a command or a file; installs the packages of those that are missing, after
# saying so.  Fails where one is missing still.
need() {
	local pair missing=() packages=()
	for pair; do
		there "${pair%%=*}" || { missing+=("$pair"); packages+=("${pair#*=}"); }
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ] || ! there apt-get; then
		echo "missing: ${packages[*]}; install them (apt-get install ${packages[*]})"
		return 1
	fi
	echo "installing what is missing: apt-get install ${packages[*]}"
	export DEBIAN_FRONTEND=noninteractive
	if ! install_packages "${packages[@]}"; then
		apt-get update -qq >/dev/null 2>&1
		# One at a time: one that this distribution does not have must not hinder the others.
		install_packages "${packages[@]}" || for pair in "${packages[@]}"; do install_packages "$pair"; done
	fi
	local status=0
	hash -r
	for pair in "${missing[@]}"; do
		there "${pair%%=*}" || { echo "still missing: ${pair#*=}"; status=1; }
	done
	return $status
}

# Daemons that come with them are not started: the tests start their own.
install_packages() {
	SYSTEMD_OFFLINE=1 apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null 2>&1
}

# as_owner COMMAND...: under sudo what is built belongs to whom the checkout belongs to.
as_owner() {
	local owner
	owner=$(stat -c %U .)
	if [ "$(id -u)" = 0 ] && [ "$owner" != root ] && [ "$owner" != UNKNOWN ] && there runuser; then
		runuser -u "$owner" -- "$@"
	else
		"$@"
	fi
}

# For the callers.
# shellcheck disable=SC2034
COMPILER=(cc=gcc make=make /usr/include/stdlib.h=libc6-dev)
# shellcheck disable=SC2034
NAMESPACES=(ip=iproute2 unshare=util-linux)
