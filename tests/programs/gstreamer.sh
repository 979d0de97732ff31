#!/usr/bin/env bash
# GStreamer: udpsink to a group, two of udpsrc; what comes out is what went in.
. "${0%/*}/lib.sh"
needs "gstreamer1.0-tools gstreamer1.0-plugins-good" gst-launch-1.0

has gst-inspect-1.0 && gst-inspect-1.0 udpsink >/dev/null 2>&1 || netns_skip "GStreamer has no udpsink (Debian package gstreamer1.0-plugins-good)"

stream() {
	local ns mac=01:00:5e:37:03:01
	file_of 500000
	for ns in b c; do
		spawn_anew $ns gst gst-launch-1.0 -e udpsrc address=239.55.3.1 port=5000 multicast-iface=edge0 buffer-size=2000000 ! \
			filesink location=$T/$ns.file buffer-mode=unbuffered
	done
	expect "both have joined" wants $mac b c
	expect "their edges are members" member $mac b c
	expect "a has direct paths to both" settled 239.55.3.1 $mac 2
	count_from $mac
	expect "a streams" on a timeout 20 gst-launch-1.0 -q filesrc location=$T/file blocksize=1000 ! \
		udpsink host=239.55.3.1 port=5000 multicast-iface=edge0 sync=false max-bitrate=20000000
	expect "a sends to two" sends_to $mac a 2
	expect "each datagram arrived once" each_once $mac 500 b c
	expect "both got the bytes, in order" wait_for 5 got_file b c
	stops gst b c
}

in_modes stream
finish
