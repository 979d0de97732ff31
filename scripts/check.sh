#!/bin/sh
# Runs what needs neither root nor network: unit tests, simulations, and the fuzzers on their corpora.
#	scripts/check.sh BUILD			(make check)
#	scripts/check.sh BUILD PROGRAM...	these only, such as BUILD/tests/unit/addr_test
# One line per program, and the whole output of those that fail; the last line sums up.

B=${1:?usage: scripts/check.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM HUP

corpus() {
	for dir in "tests/fuzz/corpus/$1" "tests/fuzz/corpus/${1%_fuzz}" "tests/fuzz/$1" "tests/fuzz/${1%_fuzz}"; do
		if [ -d "$dir" ]; then
			find "$dir" -type f
			return
		fi
	done
}

# A fuzzer counts one check per file that it survives.
replay() {
	corpus "${1##*/}" >"$out/files"
	if [ ! -s "$out/files" ]; then
		echo "no corpus for ${1##*/}"
		return 1
	fi
	timeout 240 xargs "$1" <"$out/files" && echo "$(($(wc -l <"$out/files"))) passed, 0 failed"
}

# Every other program counts its checks in its last line.  One that crashed before is one failure.
run_one() {
	name=${1#"$B"/tests/}
	status=0
	if [ ! -x "$1" ]; then
		echo "$1 is not built" >"$out/log"
		status=127
	else
		case $name in
		fuzz/*) replay "$1" ;;
		*) timeout 240 "$1" ;;
		esac >"$out/log" 2>&1 || status=$?
	fi
	sum=$(tail -n 1 "$out/log" | grep -Ex '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?')
	if [ "$status" -eq 0 ] && [ -n "$sum" ]; then
		echo "ok   $name: $sum"
		return
	fi
	case $sum in
	*' passed, 0 failed'* | '') sum='0 passed, 1 failed' ;;
	esac
	echo "FAIL $name (exit status $status): $sum" >>"$out/log"
	cat "$out/log"
}

if [ "${2:-}" = --one ]; then
	run_one "$3"
	exit
fi

shift
if [ $# -eq 0 ]; then
	for src in tests/unit/*_test.c tests/sim/*_sim.c tests/fuzz/*_fuzz.c; do
		[ ! -f "$src" ] || set -- "$@" "$B/${src%.c}"
	done
fi
printf '%s\n' "$@" | xargs -P "$(getconf _NPROCESSORS_ONLN || echo 1)" -n 1 "$0" "$B" --one >"$out/all"
grep -v '^ok   [^:]*$' "$out/all"
sed -n 's/^\(ok  \|FAIL\) .*: \([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\2 \3 \5/p' "$out/all" |
awk '{ passed += $1; failed += $2; skipped += $3 }
END {
	if (!NR) failed = 1
	printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
	exit failed > 0
}'
