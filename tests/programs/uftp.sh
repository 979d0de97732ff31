#!/usr/bin/env bash
# uftp: one file to two daemons, which join a public group for the announcement and a private one for the data.
. "${0%/*}/lib.sh"
needs uftp uftp uftpd

ANNOUNCED=01:00:5e:04:04:01 DATA=01:00:5e:05:05:05
both_here() { [ -e $T/b.got/file ] && [ -e $T/c.got/file ] && cp $T/b.got/file $T/b.file && cp $T/c.got/file $T/c.file && got_file b c; }

uftp_to_two() {
	local ns
	file_of 2000000
	for ns in b c; do
		rm -rf $T/$ns.got
		mkdir $T/$ns.got
		spawn_anew $ns uftpd uftpd -d -I edge0 -M 230.4.4.1 -D $T/$ns.got
	done
	expect "both have joined" wants $ANNOUNCED b c
	expect "their edges are members" member $ANNOUNCED b c
	expect "a sends to both" on a timeout 40 uftp -I edge0 -M 230.4.4.1 -P 230.5.5.5 -R 20000 $T/file
	expect "both got the file" wait_for 10 both_here
	expect "a's list is right" row a $DATA "g['frames_out'] > 1000"
	stops uftpd b c
	expect "nobody wants the announcements any more" wants_not $ANNOUNCED b
}

in_modes uftp_to_two
finish
