#!/usr/bin/env bash
# FFmpeg: a test picture as an MPEG transport stream over UDP to a group; two receivers decode every frame.
. "${0%/*}/lib.sh"
needs ffmpeg ffmpeg

URL='udp://239.55.4.1:5000'
all_frames() { [ "$(grep -c '^0,' $T/$1.file)" -ge 100 ] && ! grep -q 'discontinuity\|corrupt' $T/$1.ffmpeg.log; }

stream() {
	local ns mac=01:00:5e:37:04:01
	rm -f $T/?.file
	for ns in b c; do
		spawn_anew $ns ffmpeg ffmpeg -nostdin -v verbose -timeout 20000000 -i "$URL?localaddr=$(overlay_of $ns)&fifo_size=100000" \
			-frames:v 100 -f framemd5 -y $T/$ns.file
	done
	expect "both have joined" wants $mac b c
	expect "their edges are members" member $mac b c
	expect "a streams" on a timeout 30 ffmpeg -nostdin -v error -re -f lavfi -i testsrc=size=320x240:rate=25:duration=6 \
		-c:v mpeg2video -g 5 -f mpegts "$URL?localaddr=10.9.9.1&pkt_size=1316&ttl=1"
	expect "a sends to two" sends_to $mac a 2
	for ns in b c; do expect "$ns decoded all" wait_for 10 all_frames $ns; done
	stops ffmpeg b c
}

in_modes stream
finish
