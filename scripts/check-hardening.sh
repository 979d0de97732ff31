#!/bin/sh
# Do the programs carry the hardening that they are built with?
#	scripts/check-hardening.sh PROGRAM...
# Position independent, relocations read-only before main(), no executable stack, no segment both writable and
# executable.  Those with symbols also show the guarded calls of _FORTIFY_SOURCE and the stack protector, and what
# gcc writes into the debug information shows the rest.

command -v readelf >/dev/null 2>&1 || { echo "skip: readelf (binutils) is missing"; exit 77; }
wrong=0

# want PROGRAM WHAT REGEX TEXT: the text has such a line.
want() {
	echo "$4" | grep -qE -- "$3" && return
	echo "$1: no $2"
	wrong=$((wrong + 1))
}

for program; do
	[ -x "$program" ] || { echo "$program is not built"; exit 1; }
	header=$(readelf -hW "$program") segments=$(readelf -lW "$program") symbols=$(readelf -sW "$program")
	want "$program" "position independence" 'Type: +DYN' "$header"
	want "$program" "RELRO" 'GNU_RELRO' "$segments"
	want "$program" "non-executable stack" 'GNU_STACK.* RW ' "$segments"
	want "$program" "BIND_NOW" 'BIND_NOW|Flags:.*NOW' "$(readelf -dW "$program")"
	if echo "$segments" | grep -E '^ +LOAD' | grep -q RWE; then
		echo "$program: a segment is writable and executable"
		wrong=$((wrong + 1))
	fi
	echo "$symbols" | grep -q ' FUNC ' || continue
	want "$program" "stack protector" '__stack_chk_fail' "$symbols"
	want "$program" "_FORTIFY_SOURCE" '__[a-z]+_chk' "$symbols"
	flags=$(readelf -wi "$program" 2>/dev/null | sed -n '/DW_AT_producer.*GNU C.*-O/{p;q}')
	[ -n "$flags" ] || continue
	want "$program" "stack clash protection" 'fstack-clash-protection' "$flags"
	case $header in
	*X86-64*) want "$program" "control flow protection" 'fcf-protection' "$flags" ;;
	esac
done
[ $wrong -eq 0 ]
