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

# unpack PACKAGE DIRECTORY: its daemons without installing it, for one that conflicts with another.
unpack() {
	local at
	at=$(mktemp -d) || return
	mkdir -p "$2" && (cd "$at" && apt-get download -qq "$1" >/dev/null 2>&1) &&
		dpkg --fsys-tarfile "$at"/*.deb | tar -x -C "$2" ./usr/sbin
	local status=$?
	rm -rf "$at"
	return $status
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
# shellcheck disable=SC2034
PROGRAMS=(corosync=corosync keepalived=keepalived ptp4l=linuxptp /usr/lib/frr/ospfd=frr bird=bird2 babeld=babeld
	smcrouted=smcroute igmpproxy=igmpproxy udp-sender=udpcast uftp=uftp conntrackd=conntrackd dnsmasq=dnsmasq-base
	udhcpc=udhcpc multicat=multicat ssmping=ssmping ucarp=ucarp lldpd=lldpd mgen=mgen radvd=radvd
	wsdd=wsdd minidlnad=minidlna gmond=ganglia-monitor ddsperf=cyclonedds-tools gst-launch-1.0=gstreamer1.0-tools
	/usr/share/doc/gstreamer1.0-plugins-good=gstreamer1.0-plugins-good ffmpeg=ffmpeg sapserver=minisapserver
	/usr/lib/python3/dist-packages/zmq=python3-zmq
	/usr/lib/python3/dist-packages/zeroconf=python3-zeroconf java=default-jdk-headless
	/usr/share/java/jgroups.jar=libjgroups-java /usr/share/java/commons-logging.jar=libcommons-logging-java
	nft=nftables tcpdump=tcpdump socat=socat iperf=iperf python3=python3)
