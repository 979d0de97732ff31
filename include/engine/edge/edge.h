/* The engine of edge: registers with a supernode, finds peers, moves frames between TAP and network.
 * Pure: the clock is an argument (monotonic milliseconds, never 0), bytes come in by the calls below,
 * everything else goes out by struct host.  Allocates in edge_new() only.  edge_tick() wants to be called
 * after other calls too: they may have changed the deadline.
 *
 *	edge_new -> edge_supernode_resolved, edge_from_*, edge_set_*, edge_tick ... -> edge_stop -> edge_free
 */
#ifndef EDGE_EDGE_H
#define EDGE_EDGE_H

#include "core/filter.h"
#include "core/host.h"
#include "core/membership.h"
#include "core/transform.h"
#include "core/wire.h"

enum {
	EDGE_SUPERNODES_MAX = 16,       /* -l options; more learnt ones are not needed without federation */
	EDGE_ADDRS_MAX = 8,             /* addresses tried of one supernode's name */
	EDGE_RULES_MAX = 64,
	EDGE_GROUPS_MAX = 1024          /* multicast groups that a host sends to at a time */
};

enum edge_address_mode { ADDRESS_STATIC, ADDRESS_AUTO, ADDRESS_DHCP };
/* Frames from the TAP that go to everybody, whoever wants them; _MAX: others. */
enum edge_storm { STORM_BROADCAST, STORM_MULTICAST, STORM_UNICAST, STORM_MAX };
enum edge_select { SELECT_ORDER, SELECT_LOAD, SELECT_RTT, SELECT_MAC };

struct edge_config {
	uint8_t community[COMMUNITY_LEN];       /* zero-padded */
	uint8_t mac[MAC_LEN];
	bool mac_made_up;               /* not from -m: may be drawn again when the supernode says it is in use */
	/* Our token at supernodes, 16 bytes that no restart changes; NULL: drawn.  The key that proves to them that we are of
	 * this community, 32 bytes; NULL: there is none.  Both copied. */
	const uint8_t *owner, *registration_key;
	enum edge_address_mode mode;
	struct subnet address;          /* static: the address; else none */
	uint8_t desc[DESC_LEN];
	uint64_t interval_ms;           /* -i, registration */
	bool p2p;                       /* false: -S1 */
	bool multicast;                 /* false: --no-multicast */
	bool routing;                   /* -r */
	bool mss_clamp;                 /* false: --no-mss-clamp */
	bool discovery;                 /* local discovery (2.3); off with -e and -S1 */
	uint8_t punch_ttl;              /* -L, 0: plain */
	enum edge_select select;
	size_t supernodes;              /* how many -l; their names live in the rim */
	size_t peers_max;
	size_t addresses_max;           /* IPv4 addresses of the TAP that count as our own */
	struct subnet previous;         /* automatic: what it had before it was restarted; none: not known */
	size_t groups_max;              /* multicast groups sent to and wanted; 0: --no-groups, as n2n has it */
	bool fast_leave;                /* --fast-leave */
	bool arp_suppress;              /* --arp-suppress */
	uint32_t storm[STORM_MAX];      /* frames per second at most; 0: no limit */
	const struct transform *transform;
	const struct filter_rule *rules;        /* copied */
	size_t rules_n;
};

/* Why a frame or datagram went nowhere: X(enum, name in status). */
#define EDGE_DROPS(X) \
	X(SHORT, "datagram_short") X(FOREIGN, "datagram_foreign_or_encrypted") \
	X(UNKNOWN_TYPE, "datagram_unknown_type") X(MALFORMED, "datagram_malformed") \
	X(COMMUNITY, "datagram_other_community") X(NOT_SUPERNODE, "datagram_not_from_supernode") \
	X(UNEXPECTED, "datagram_unexpected") X(NOT_FOR_US, "datagram_not_for_us") \
	X(SELF, "datagram_own_mac") X(TRANSFORM, "packet_other_transform") \
	X(COMPRESSION, "packet_compressed") X(FRAME_SHORT, "frame_short") X(FRAME_LONG, "frame_long") \
	X(UNREGISTERED_OUT, "frame_out_before_registration") X(UNREGISTERED_IN, "frame_in_before_registration") \
	X(MULTICAST_OUT, "frame_out_multicast_off") X(MULTICAST_IN, "frame_in_multicast_off") \
	X(ROUTED_OUT, "frame_out_foreign_source") X(ROUTED_IN, "frame_in_foreign_destination") \
	X(FILTER_OUT, "frame_out_filtered") X(FILTER_IN, "frame_in_filtered") \
	X(TOO_BIG, "frame_out_too_big") X(NO_SUPERNODE, "frame_out_no_supernode") X(PEERS_FULL, "peer_table_full") \
	X(ENDPOINT_REFUSED, "endpoint_refused") X(STRANGER, "datagram_from_stranger") \
	X(STRANGERS, "register_from_strangers") X(FDB_SHARE, "fdb_share_full") X(NO_ROOM, "no_room") \
	X(GROUPS_FULL, "group_table_full") \
	X(STORM_BROADCAST, "frame_out_storm_broadcast") X(STORM_MULTICAST, "frame_out_storm_multicast") \
	X(STORM_UNICAST, "frame_out_storm_unicast") X(LOOP_OUT, "frame_out_loop") X(LOOP_IN, "frame_in_loop") \
	X(OWN_SOURCE, "frame_in_own_source") \
	X(NOT_SEALED, "frame_out_not_sealed") X(NOT_OPENED, "packet_not_opened") X(ERRANDS_FULL, "control_queue_full")

/* And what is as it should be. */
#define EDGE_SPARED(X) \
	X(SUPPRESSED, "suppressed") X(REPORT_OUT, "report_not_sent") X(REPORT_IN, "report_not_delivered") \
	X(GROUP_LATE, "group_list_out_of_date") X(ANSWERED, "frame_out_answered_here") \
	X(NOT_NEEDED, "lan_register_not_needed") X(COPY, "frame_in_copy")

enum edge_drop {
#define X(name, text) EDGE_DROP_##name,
	EDGE_DROPS(X)
	EDGE_DROP_FAULTS, EDGE_DROP_FAULT_LAST = EDGE_DROP_FAULTS - 1,
	EDGE_SPARED(X)
#undef X
	EDGE_DROP_MAX
};
extern const char *const edge_drop_names[EDGE_DROP_MAX];

struct edge;

struct edge *edge_new(const struct edge_config *config, const struct host *host, uint64_t now);
void edge_free(struct edge *e);

/* Bytes from the main UDP socket, from the local discovery socket, from the TAP: in bursts, or one by one.  They
 * must stay until the turn ends where the host has send_burst(). */
void edge_train_from_net(struct edge *e, uint64_t now, const struct endpoint *from, const struct train *train);
void edge_from_net(struct edge *e, uint64_t now, const struct endpoint *from, struct buf *datagram);
void edge_from_lan(struct edge *e, uint64_t now, const struct endpoint *from, struct buf *datagram);
void edge_frames_from_tap(struct edge *e, uint64_t now, const struct burst_frame *frames, size_t n);
void edge_from_tap(struct edge *e, uint64_t now, struct buf *frame);
/* Does what is due; returns the next deadline. */
uint64_t edge_tick(struct edge *e, uint64_t now);
/* Tells the supernode good-bye.  Only edge_free may follow. */
void edge_stop(struct edge *e, uint64_t now);

/* The addresses of supernode i (of -l), in the order to try; n == 0: its name cannot be resolved now. */
void edge_supernode_resolved(struct edge *e, uint64_t now, size_t i, const struct addr *addrs, size_t n);
/* The IPv4 addresses that the TAP has now: frames from and to them are our own (14.5, 14.6). In DHCP
 * mode the first becomes the overlay address that is registered. */
void edge_set_addresses(struct edge *e, uint64_t now, const struct subnet *own, size_t n);
/* The TAP's MAC is now another (an administrator changed it). */
void edge_set_mac(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN]);
/* Another key for registrations, 32 bytes. */
void edge_set_registration_key(struct edge *e, const uint8_t *key);
/* The TAP's MTU: no TCP connection shall agree on segments that are too long for it. */
void edge_set_mtu(struct edge *e, unsigned mtu);
/* The local endpoint to tell peers of the same site (-e); none: tell nothing. */
void edge_set_preferred(struct edge *e, uint64_t now, const struct addr *preferred);
/* The TAP is up and configured: the gratuitous ARPs are sent, now or with the ACK that registers us. */
void edge_tap_ready(struct edge *e, uint64_t now);
/* It came up again, or became a port of a bridge: those behind it are asked which groups they want. */
void edge_tap_linked(struct edge *e, uint64_t now);
/* The underlay changed (address, link, route, SIGHUP, resume from sleep): register anew, probe paths. */
void edge_network_changed(struct edge *e, uint64_t now);

/* What status shows. */
#define EDGE_COUNTS(X) \
	X(frames_out) X(bytes_out)      /* from the TAP, sent on at least once */ \
	X(frames_in) X(bytes_in)        /* delivered to the TAP */ \
	X(direct_out) X(relayed_out) X(direct_in) X(relayed_in)         /* PACKET datagrams */ \
	X(fragmented_out)               /* PACKET datagrams that were longer than the path carries */ \
	X(held_out) X(held_in)          /* frames, payloads that the transform had to let wait */ \
	X(mss_clamped)                  /* TCP SYNs, either way */ \
	X(registrations) X(acks) X(naks) X(challenges) \
	X(group_reports) X(group_acks) X(group_queries) X(group_lists)
struct edge_counts {
#define X(name) uint64_t name;
	EDGE_COUNTS(X)
#undef X
	uint64_t drops[EDGE_DROP_MAX];
};
/* Why it is not registered. */
enum edge_trouble {
	TROUBLE_NONE,                   /* it is, or has not asked yet */
	TROUBLE_UNRESOLVED,             /* no address is known of the supernode */
	TROUBLE_NO_WAY,                 /* those that are known lead into the overlay, or to no one host */
	TROUBLE_SILENT,                 /* a request was not answered */
	TROUBLE_KEY,                    /* refused: it wants proof of a key that we have not, or have another */
	TROUBLE_IN_USE,                 /* refused: MAC or address belong to another edge */
	TROUBLE_NO_ADDRESS              /* refused: none is left to be assigned */
};
struct edge_info {
	uint8_t community[COMMUNITY_LEN], mac[MAC_LEN], desc[DESC_LEN];
	struct subnet address;
	bool registered;
	enum edge_trouble trouble;
	struct addr trouble_at;                 /* the supernode that was asked last; none: none could be */
	uint64_t started, registered_since;     /* now of then; 0: not registered */
	size_t supernode;                       /* index of the current one */
	struct addr public_endpoint;            /* as the supernode saw us in its last ACK; none: unknown */
	struct edge_counts counts;
	uint64_t refused[TRANSFORM_REFUSALS_MAX];       /* by the transform, for each of its reasons */
};
enum supernode_state { SUPERNODE_UNRESOLVED, SUPERNODE_STANDBY, SUPERNODE_TRYING, SUPERNODE_REGISTERED,
                       SUPERNODE_MOVING }       /* MOVING: left, or lost, and registered there too for a while */;
struct edge_supernode_info {
	enum supernode_state state;
	struct addr addr;                       /* the address in use or next to try */
	uint8_t mac[MAC_LEN];                   /* null: not known yet */
	uint64_t last_seen;                     /* 0: never */
	uint64_t rtt_ms;                        /* last PING to PONG; UINT64_MAX: never measured */
	uint32_t uptime_s;
	uint8_t version[VERSION_LEN];
	unsigned path_mtu;                      /* of the current one: bytes of an IP packet; 0: not known */
};
struct edge_peer_info {
	uint8_t mac[MAC_LEN], desc[DESC_LEN];
	struct subnet address;
	bool direct;
	struct addr endpoint;                   /* direct: where we send; else the public one last heard of */
	uint64_t last_seen;
	uint64_t heard, asked;                  /* direct: over the path; and what is not answered since, 0: nothing */
	unsigned path_mtu;                      /* direct: bytes of an IP packet; 0: relayed, or not known */
	uint64_t frames_in, bytes_in, frames_out, bytes_out;
};
/* A multicast group that is wanted here, or sent to. */
enum { EDGE_GROUP_ADDRESSES = 4 };
struct edge_group_info {
	uint8_t mac[MAC_LEN];
	bool local;                     /* wanted here */
	struct addr addresses[EDGE_GROUP_ADDRESSES];    /* of IP, as hosts here have joined it: the first of addresses_n */
	size_t addresses_n;
	bool listed, relay;             /* the supernode has told who wants it; or to use the relay */
	bool held;                      /* with members that the supernode does not know since it was lost */
	size_t members, direct;
	uint64_t frames_in, bytes_in, frames_out, bytes_out;
	uint64_t copies, suppressed;    /* of frames_out: datagrams sent; frames that nobody wanted */
};
struct edge_group_member {
	uint8_t mac[MAC_LEN];
	bool direct;
	struct addr endpoint;           /* direct: where we send; else the public one */
	struct subnet address;          /* none: it has not said */
	uint8_t desc[DESC_LEN];
};
struct edge_groups_info {
	bool on, acknowledged;          /* acknowledged: the supernode has our report */
	bool old_supernode;             /* it knows no groups */
	size_t wanted;                  /* reported */
	bool wants_all;
	const struct membership_info *membership;       /* NULL: not listened to */
};
void edge_groups_info(const struct edge *e, struct edge_groups_info *out);
/* Registered, and the others had time to be told what is wanted here: whatever is sent from now on comes. */
bool edge_is_served(const struct edge *e, uint64_t now);
/* Groups one by one, as peers; members of the one that cursor is behind: start with *place = 0. */
bool edge_group_next(const struct edge *e, size_t *cursor, struct edge_group_info *out);
bool edge_group_member(const struct edge *e, size_t cursor, size_t *place, struct edge_group_member *out);
const struct edge_info *edge_info(struct edge *e);
void edge_supernode_info(const struct edge *e, size_t i, struct edge_supernode_info *out);
/* Peers one by one: start with *cursor = 0; false: no more. */
bool edge_peer_next(const struct edge *e, size_t *cursor, struct edge_peer_info *out);

#endif
