#!/usr/bin/env bash
# CycloneDDS: participants find each other by multicast, and samples reach two readers.
. "${0%/*}/lib.sh"
needs cyclonedds-tools ddsperf

SPDP=01:00:5e:7f:00:01
export CYCLONEDDS_URI='<CycloneDDS><Domain><General><Interfaces><NetworkInterface name="edge0"/></Interfaces><AllowMulticast>true</AllowMulticast></General></Domain></CycloneDDS>'
gets_samples() { grep -E 'size [0-9]+ total [1-9][0-9]* lost 0 ' $T/$1.dds.log; }

dds() {
	local ns
	for ns in b c; do spawn_anew $ns dds ddsperf -D 40 sub; done
	expect "both have joined" wants $SPDP b c
	spawn_anew a dds ddsperf -D 40 pub 500Hz size 100
	for ns in b c; do expect "$ns gets samples, none lost" wait_for 20 gets_samples $ns; done
	expect "a sends to two" sends_to $SPDP a 2
	stops dds a b c
}

in_modes dds
finish
