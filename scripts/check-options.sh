#!/bin/sh
# Do the man pages and the option tables name the same options?
#	scripts/check-options.sh [BUILD]
# `edge --list-options` prints one option per line: letter, names, argument, default, with tabs between.

B=${1:-build}
cd "$(dirname "$0")/.." || exit 1
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
wrong=0

# The options that a man page has in its lists: "-x" and "--name", from lines such as
#	.It Fl c , -communities Ar file
man_options() {
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh COMMANDS/p' "$1" | grep '^\.It Fl ' | tr ' ' '\n' |
		sed -n 's/^\(-[a-z][a-z0-9-]*\)$/-\1/p; s/^\([A-Za-z]\)$/-\1/p' | sort -u
}

for page in edge.8 supernode.8 mcping.1; do
	program=${page%.*}
	if ! "$B/$program" --list-options >"$out/list"; then
		echo "$B/$program --list-options does not work"
		exit 1
	fi
	# Of several names the first is the one that the man page must have.
	awk -F '\t' '{ if ($1 != "-") print "-" $1; split($2, n, " "); if (n[1] != "") print "--" n[1] }' "$out/list" |
		sort -u >"$out/table"
	awk -F '\t' '{ if ($1 != "-") print "-" $1; k = split($2, n, " "); for (i = 1; i <= k; i++) print "--" n[i] }' \
		"$out/list" | sort -u >"$out/all"
	man_options "man/$page" >"$out/man"
	for option in $(comm -23 "$out/table" "$out/man"); do
		echo "man/$page does not have $option"
		wrong=$((wrong + 1))
	done
	for option in $(comm -13 "$out/all" "$out/man"); do
		echo "man/$page has $option, which $program does not know"
		wrong=$((wrong + 1))
	done
done
[ "$wrong" -eq 0 ] || exit 1
echo "check-options: man pages and option tables name the same options"
