#!/usr/bin/env bash
# ptp4l (linuxptp) over IPv4, IPv6 and Ethernet: b and c choose a's clock and measure their offsets.  The clock is only
# compared, never set: it is the same one.
. "${0%/*}/lib.sh"
needs linuxptp ptp4l

clock() {
	cat >$T/$1.ptp.conf <<-CONF
	[global]
	priority1 $2
	free_running 1
	logAnnounceInterval -2
	logSyncInterval -2
	logMinDelayReqInterval -2
	clockIdentity 000000.0000.00000$(overlay_of $1 | cut -d. -f4)
	summary_interval -2
	tx_timestamp_timeout 200
	uds_address $T/$1.ptp.sock
	CONF
	spawn_anew $1 ptp4l ptp4l $3 -S -m -i edge0 -f $T/$1.ptp.conf
}
locked() { log_has $1.ptp4l 'selected best master clock 000000.0000.000001' && log_has $1.ptp4l 'master offset|rms'; }
both_locked() { locked b && locked c; }

transport() {
	clock a 100 $1
	clock b 201 $1
	clock c 202 $1
	expect "$1: b and c follow a" wait_for 15 both_locked
	if [ $1 = -4 ]; then
		expect "all have joined" wants 01:00:5e:00:01:81 a b c
		expect "a sends to two" sends_to 01:00:5e:00:01:81 a 2
	fi
	stops ptp4l a b c
}
ptp() {
	local how
	for how in -4 -6 -2; do transport $how; done
}

in_modes ptp ""
finish
