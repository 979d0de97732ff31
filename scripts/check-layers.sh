#!/bin/sh
# Keeps the layers apart: who may include whom, and what core and the engines may call.
#	scripts/check-layers.sh [BUILD]
# Core and engines are pure: no clock, socket or stdio, and no allocation but malloc, calloc and free,
# which only their *_new and *_free functions use; no state outside the structs that callers hold.

B=${1:-build}
cd "$(dirname "$0")/.." || exit 1
bad=$(mktemp) || exit 1
trap 'rm -f "$bad"' EXIT

# may NAME 'FILES' 'REGEX': every quoted include of the files that names a folder matches.
may() {
	grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*/' $2 2>/dev/null |
		grep -vE "include[[:space:]]*\"($3)\"" |
		awk -v note="    (an arrow that $1 may not have)" '{ print $0 note }' >>"$bad"
}
may core        'src/core/*.[ch] include/core/*.h'       'core/(crypto/)?[a-z0-9_]+\.h'
may core/crypto 'src/core/crypto/*.[ch] include/core/crypto/*.h' 'core/(bytes|crypto/[a-z0-9_]+)\.h'
may io          'src/io/*.[ch] include/io/*.h'           'io/[a-z0-9_]+\.h|core/(addr|ascii|buf|burst|bytes|coalesce|layers|offload|segment|text)\.h'
may engine/secure 'src/engine/secure/*.[ch] include/engine/secure/*.h' '(core|core/crypto|engine/secure)/[a-z0-9_]+\.h'
for program in edge supernode mcping; do
	may engine/$program "src/engine/$program/*.[ch] include/engine/$program/*.h"  "(core|core/crypto|engine/$program)/[a-z0-9_]+\\.h"
	may app/$program "src/app/$program/*.[ch] include/app/$program/*.h" \
		"(core|core/crypto|io|engine/$program|engine/secure|app/$program|app/daemon)/[a-z0-9_]+\\.h"
done
may app/daemon  'src/app/daemon/*.[ch] include/app/daemon/*.h'   '(core|core/crypto|io|app/daemon)/[a-z0-9_]+\.h'
may tests/fuzz  'tests/fuzz/*.[ch]'                              '((core|core/crypto|engine/[a-z]+)/|\.\./unit/)[a-z0-9_]+\.h'
may tests/sim   'tests/sim/*.[ch] tests/sim/lib/*.[ch]'          '((core|core/crypto|engine/[a-z]+|lib)/|\.\./unit/)[a-z0-9_]+\.h'

# From the system core and engines take what a compiler brings along, string.h, and malloc's header; crypto also the
# names of the machine's instructions, and what the kernel told the process of them at its start.
headers='assert|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdlib|string'
pure='src/core/*.[ch] include/core/*.h src/engine/*/*.[ch] include/engine/*/*.h'
grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' $pure 2>/dev/null |
	grep -vE "<($headers)\.h>" | sed 's/$/    (not in core and engines)/' >>"$bad"
grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' src/core/crypto/*.[ch] include/core/crypto/*.h 2>/dev/null |
	grep -vE "<($headers|immintrin|sys/auxv)\.h>" | sed 's/$/    (not in core\/crypto)/' >>"$bad"

# callees FOLDER...: what the first folder's objects need from outside of all these folders.
allowed='mem[a-z]+|str(n?len|n?cmp|r?chr|c?spn|pbrk|str)|malloc|calloc|qsort|free|__assert_fail|abort'
# __cpu_model and __cpu_features2 are what the compiler's __builtin_cpu_supports() looks at.
allowed="$allowed|__cpu_model|__cpu_features2|_GLOBAL_OFFSET_TABLE_|__stack_chk_[a-z_]+|__mem[a-z]+_chk|__[a-z]*(div|mod|popcount)[a-z]*[0-9]"
callees() {
	first=$B/obj/src/$1
	if ! ls "$first"/*.o >/dev/null 2>&1; then
		echo "$first: no objects: run make first" >>"$bad"
		return
	fi
	for folder; do nm --defined-only -g "$B/obj/src/$folder"/*.o; done | awk 'NF == 3 { print $3 }' | sort -u >"$bad.own"
	for object in "$first"/*.o; do
		nm -u "$object" | awk '{ print $2 }' | grep -vxF -f "$bad.own" | grep -vxE "$allowed" |
			sed "s|^|$object calls |"
		size -A "$object" | awk -v o="$object" \
			'/^\.(data|bss|tdata|tbss)/ && !/^\.data\.rel\.ro/ && $2 > 0 { print o " has globals: " $1 " " $2 " bytes" }'
	done >>"$bad"
	rm -f "$bad.own"
}
callees core core/crypto
callees engine/edge core core/crypto
callees engine/secure core core/crypto
callees engine/supernode core core/crypto
callees engine/mcping core
allowed="$allowed|getauxval"
callees core/crypto

if [ -s "$bad" ]; then
	cat "$bad"
	echo "check-layers: $(($(wc -l <"$bad"))) wrong arrows"
	exit 1
fi
echo "check-layers: every include and every call of core and engines is where it may be"
