#!/usr/bin/env bash
# JGroups over UDP: a view of three, and each member gets 100 numbered messages of the others once.
. "${0%/*}/lib.sh"
JAR=/usr/share/java/jgroups.jar
needs "libjgroups-java default-jdk-headless" java $JAR
java --list-modules 2>/dev/null | grep -q jdk.compiler || netns_skip "java cannot run a source file (Debian package default-jdk-headless)"

cat >$T/Member.java <<'JAVA'
import org.jgroups.*;
public class Member extends ReceiverAdapter {
	static int views, got;
	public void viewAccepted(View view) { views = view.size(); System.out.println("view of " + view.size()); }
	public void receive(Message m) {
		synchronized (Member.class) { System.out.println("message " + m.getObject() + " total " + ++got); }
	}
	public static void main(String[] args) throws Exception {
		JChannel channel = new JChannel("udp.xml");
		channel.setName(args[0]);
		channel.setReceiver(new Member());
		channel.connect("castnet");
		while (views < 3) Thread.sleep(20);
		for (int n = 0; n < 100; n++) channel.send(new Message(null, null, args[0] + n));
		Thread.sleep(60000);
	}
}
JAVA

MCAST=01:00:5e:38:05:01
has_view() { log_has $1.java 'view of 3'; }
got_each_once() {
	[ "$(grep -c '^message ' $T/$1.java.log)" = 300 ] && [ "$(grep '^message ' $T/$1.java.log | awk '{ print $2 }' | sort -u | wc -l)" = 300 ]
}

group() {
	local ns
	for ns in a b c; do
		spawn_anew $ns java java -Xmx96m -XX:TieredStopAtLevel=1 -cp $JAR:/usr/share/java/commons-logging.jar -Djava.net.preferIPv4Stack=true \
			-Djgroups.bind_addr="$(overlay_of $ns)" -Djgroups.udp.mcast_addr=239.56.5.1 $T/Member.java $ns
	done
	for ns in a b c; do expect "$ns sees three members" wait_for 40 has_view $ns; done
	expect "all have joined" wants $MCAST a b c
	for ns in a b c; do expect "$ns got each message once" wait_for 20 got_each_once $ns; done
	for ns in a b c; do expect "$ns sends to two" sends_to $MCAST $ns 2; done
	stops java a b c
}

in_modes group
finish
