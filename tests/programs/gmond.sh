#!/usr/bin/env bash
# Ganglia's gmond: each host's XML lists the metrics of all three.
. "${0%/*}/lib.sh"
needs ganglia-monitor gmond

GROUP_OF=01:00:5e:02:0b:47
gmond_on() {
	cat >$T/$1.gmond.conf <<-CONF
	globals { daemonize = no setuid = no host_dmax = 60 send_metadata_interval = 5 override_hostname = "host-$1" }
	cluster { name = "castnet" }
	udp_send_channel { mcast_join = 239.2.11.71 mcast_if = edge0 port = 8649 ttl = 1 }
	udp_recv_channel { mcast_join = 239.2.11.71 mcast_if = edge0 port = 8649 bind = 239.2.11.71 }
	tcp_accept_channel { port = 8649 }
	modules { module { name = "core_metrics" } }
	collection_group { collect_every = 1 time_threshold = 1 metric { name = "heartbeat" } }
	CONF
	spawn_anew $1 gmond gmond -f -d 1 -c $T/$1.gmond.conf
}
knows() {
	local ns
	on $1 bash -c 'cat </dev/tcp/127.0.0.1/8649' >$T/gmond.xml
	for ns in a b c; do grep -q "HOST NAME=\"host-$ns\"" $T/gmond.xml || return; done
}

ganglia() {
	local ns
	for ns in a b c; do gmond_on $ns; done
	expect "all have joined" wants $GROUP_OF a b c
	for ns in a b c; do expect "$ns knows all" wait_for 20 knows $ns; done
	for ns in a b c; do expect "$ns sends to two" sends_to $GROUP_OF $ns 2; done
	expect "they are members" member $GROUP_OF a b c
	count_from $GROUP_OF
	expect "each datagram arrives once" each_once $GROUP_OF 6 a b c
	stops gmond a b c
}

in_modes ganglia
finish
