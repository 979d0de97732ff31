#!/bin/sh
# Builds the named fuzzers and runs each for FUZZ_SECONDS, starting from its corpus, which stays as it is:
# what is found new goes to the build folder, as does an input that crashes.  Stops at the first crash.
#	tests/fuzz/run.sh NAME_fuzz...		(make fuzz)

cc=${FUZZ_CC:-clang}
seconds=${FUZZ_SECONDS:-20}
B=build-fuzz
cd "$(dirname "$0")/../.." || exit 1
mkdir -p $B/corpus $B/crashes || exit 1

probe='int LLVMFuzzerTestOneInput(const char *, unsigned long);
int LLVMFuzzerTestOneInput(const char *data, unsigned long len) { return data && len == 1 && *data == 1; }'
if ! echo "$probe" | $cc -fsanitize=fuzzer,address,undefined -x c -o $B/probe - 2>/dev/null; then
	echo "make fuzz needs clang and its libFuzzer (Debian: clang and libclang-rt-dev); \"$cc\" cannot do it"
	test "$FUZZ_OPTIONAL" = 1
	exit
fi

set -- $(for fuzzer; do echo "$B/tests/fuzz/$fuzzer"; done)
${MAKE:-make} --no-print-directory B=$B CC="$cc" CFLAGS='-O1 -g' FUZZING=1 "$@" || exit 1
for fuzzer; do
	name=${fuzzer##*/}
	found=$B/corpus/${name%_fuzz}
	mkdir -p "$found"
	if ! "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$B/crashes/$name-" "$found" "tests/fuzz/corpus/${name%_fuzz}" >"$B/$name.log" 2>&1
	then
		tail -n 60 "$B/$name.log"
		echo "FAIL $name: repeat it with $fuzzer and the file that is named above"
		exit 1
	fi
	echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$B/$name.log") inputs in $seconds s"
done
