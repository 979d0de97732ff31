#!/usr/bin/env bash
# `ping 224.0.0.1` or any joined group is silent on a network where IPv4 multicast works: Linux does not answer echo requests to
# broadcast and multicast (icmp_echo_ignore_broadcasts is 1).  `ping ff02::1` is answered.  So it proves nothing.
. "${0%/*}/lib.sh"
finding_enter

answered() { on a ping -n -c 2 -W 1 "$@" 2>/dev/null | grep -q 'bytes from .*10.0.0.2\|bytes from fe80:' && echo yes || echo no; }
ready() { ip -n a -6 address show dev va scope link | grep inet6 | grep -qv tentative && ip -n b -6 address show dev vb scope link | grep inet6 | grep -qv tentative; }
until_true 5 ready
echo "$(ping -V)"
seen "icmp_echo_ignore_broadcasts by default" "$(on b sysctl -n net.ipv4.icmp_echo_ignore_broadcasts)" 1
seen "ping 224.0.0.1 is answered by b" "$(answered -I va 224.0.0.1)" no
seen "ping ff02::1 is answered" "$(answered -I va ff02::1)" yes
on b sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
seen "ping 224.0.0.1 with it set to 0" "$(answered -I va 224.0.0.1)" yes
finish
