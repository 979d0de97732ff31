#!/usr/bin/env bash
# Automatic addresses, DHCP mode, and the community file: fixed names, address networks, expressions, reload.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24

address_of() { ip -n "$1" -o -4 address show dev edge0 2>/dev/null | sed -n 's/.*inet \([0-9./]*\).*/\1/p'; }
start() { start_edge "$1" -l 192.168.77.1 "${@:2}"; }

start_supernode sn
start a -c Intershop -I edge-one
start b -c Intershop -I edge-two
check "no -a: address of n2n's rule for edge-one" wait_for 10 edge0_has a 10.138.16.190/24
check "no -a: address of n2n's rule for edge-two" wait_for 10 edge0_has b 10.138.16.204/24
start c -c Intershop -I edge-one
check "no -a: taken already: another one" wait_for 10 edge0_has c '10.138.16.*/24'
check "which differs" test "$(address_of c)" != "$(address_of a)"
check "ping between automatic addresses" reaches a 10.138.16.204
check "and to the third" reaches b "$(address_of c | cut -d/ -f1)"
stop_edges a b c
start a -c Intershop -a auto:
check "-a auto: is the same" wait_for 10 edge0_has a '10.138.16.*/24'
stop_edges a
start a -c net -a 192.168.254.7 -s 255.255.255.128
check "-s gives the mask" edge0_has a 192.168.254.7/25
stop_edges a
start a -c net -a static:10.9.9.1/16
check "-a static:" edge0_has a 10.9.9.1/16
stop_edges a
check "-a dhcp:0.0.0.0: edge0 without address" start a -c net -r -a dhcp:0.0.0.0
check "up, with none" edge0_has a ''
start b -c net -a 10.9.9.2
all_registered a b
ip -n a address add 10.9.9.77/24 dev edge0
check "address from elsewhere: ping" reaches b 10.9.9.77
check "the supernode learns it" wait_for 25 status_says sn supernode '10\.9\.9\.77'
stop_edges a b
stop sn supernode

start_supernode sn -a 172.20.0.0-172.20.255.0/28
start a -c one
check "supernode -a: from its range" wait_for 10 edge0_has a '172.20.*/28'
start b -c two
check "supernode -a: another community, another network" wait_for 10 edge0_has b '172.20.*/28'
network_of() { ip -n "$1" -o route show dev edge0 | sed -n 's/^\([0-9./]*\) .*/\1/p' | head -n 1; }
check "which differs" test "$(network_of a)" != "$(network_of b)"
stop_edges a b
stop sn supernode

printf '# ours\nIntershop\nBackoffice 10.20.0.0/24\nshop-[0-9]+\n' >$T/communities
start_supernode sn -c $T/communities
start a -c Intershop -a 10.9.9.1
check "community file: a listed name" wait_for 5 registered a
start b -c Backoffice
check "community file: its network" wait_for 10 edge0_has b '10.20.0.*/24'
start c -c shop-12 -a 10.9.9.3
check "community file: an expression" wait_for 5 registered c
stop_edges c
for name in Other shop- shop-1x xshop-1 intershop; do
	capture c eth0 answers 'src host 192.168.77.1 and udp'
	start c -c $name -a 10.9.9.3
	# Its neighbours are acknowledged in the meantime.
	check "community file: \"$name\" is refused" not wait_for 3 registered c
	check "community file: and not answered" not log_has c.answers UDP
	stop c answers
	rm $T/c.answers.log
	stop_edges c
done
check "refusals are counted" test "$(counter "$(supernode_json sn)" community_unknown)" -gt 0

printf 'Intershop\nBackoffice 10.20.0.1/99\n' >$T/communities
check "supernode reload of a bad file: its exit status says so" not on sn supernode reload
check "a bad line is told" wait_for 5 log_has sn.supernode '10\.20\.0\.1/99'
check "and the old file stays in force" registered b
start c -c shop-12 -a 10.9.9.3
check "for new edges too" wait_for 5 registered c
printf 'Backoffice 10.20.0.0/24\nOther\n' >$T/communities
kill -HUP "$(pid_of sn supernode)"
stop_edges c
start c -c Other -a 10.9.9.3
check "SIGHUP: a new name is accepted" wait_for 10 registered c
check "SIGHUP: a name that is no longer there is forgotten" wait_for 10 status_lacks sn supernode Intershop
finish
