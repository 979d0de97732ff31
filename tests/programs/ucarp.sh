#!/usr/bin/env bash
# ucarp: one master of three, and take-over.
. "${0%/*}/lib.sh"
needs ucarp ucarp

printf '#!/bin/sh\nip address add 10.9.9.100/24 dev edge0\n' >$T/up
printf '#!/bin/sh\nip address del 10.9.9.100/24 dev edge0\n' >$T/down
chmod +x $T/up $T/down
carp() {
	spawn_anew $1 ucarp ucarp -i edge0 -s "$(overlay_of $1)" -v 7 -p castnet -a 10.9.9.100 -k $2 -u $T/up -d $T/down -z -n -b 1 -r 2
}
masters() { for ns in a b c; do ! ip -n $ns -4 -o address show dev edge0 | grep -q ' 10.9.9.100/' || echo -n $ns; done; }
only_master() { [ "$(masters)" = $1 ]; }

carp_of_three() {
	carp a 0
	expect "a is master" wait_for 15 only_master a
	carp b 50
	carp c 100
	expect "the virtual address answers c" reaches c 10.9.9.100
	stop a ucarp
	expect "b alone takes over" wait_for 20 only_master b
	expect "the virtual address answers c again" reaches c 10.9.9.100
	stops ucarp b c
}

in_modes carp_of_three
finish
