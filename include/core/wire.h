/* The messages, one struct each, whatever the dialect.  wire_v3.c turns them into n2n v3 bytes and
 * back; nobody else knows an offset.  Section numbers are those of castnet(7).
 *
 * A message decodes exactly or not at all: a missing byte, a byte too many, a length that does not
 * fit are errors.  What decodes encodes back to the same bytes, but for those of a supernode list
 * entry that mean nothing (5.5.1), which become zeros.  Community names must be padded with zeros and
 * end in one.
 */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include "core/addr.h"
#include "core/buf.h"

enum {
	WIRE_V3 = 3,
	WIRE_TTL = 2,                   /* what an originator writes */
	COMMUNITY_LEN = 20,             /* bytes, of which 19 may be used */
	DESC_LEN = 16,                  /* bytes, 15 used */
	VERSION_LEN = 20,               /* bytes, 19 used */
	TOKEN_MAX = 48,
	WIRE_SUPERNODES_MAX = 44,
	WIRE_HEADER_LEN = 24,
	WIRE_PACKET_OVERHEAD = 58,      /* bytes before the frame at most: header, MACs, IPv6 socket, two ids */
	WIRE_PACKET_OVERHEAD_V4 = 46,   /* with an IPv4 socket */
	WIRE_PACKET_OVERHEAD_MIN = 38,  /* without */
	WIRE_CONTROL_MAX = 1290,        /* bytes: no message but PACKET is longer */
	WIRE_GROUPS_MAX = 200,          /* in a GROUP_REPORT */
	WIRE_MEMBERS_LEN_MAX = 1200,    /* bytes: a GROUP_MEMBERS is no longer */
	WIRE_MEMBERS_MAX = 82           /* in a GROUP_MEMBERS, when all are IPv4; 44 when all are IPv6 */
};

enum wire_type {
	WIRE_PING = 0, WIRE_REGISTER, WIRE_DEREGISTER, WIRE_PACKET, WIRE_REGISTER_ACK, WIRE_REGISTER_SUPER,
	WIRE_UNREGISTER_SUPER, WIRE_REGISTER_SUPER_ACK, WIRE_REGISTER_SUPER_NAK, WIRE_FEDERATION,
	WIRE_PEER_INFO, WIRE_QUERY_PEER, WIRE_RE_REGISTER_SUPER,
	/* castnet's own: membership of multicast groups.  n2n and n3n drop them. */
	WIRE_GROUP_REPORT = 24, WIRE_GROUP_REPORT_ACK, WIRE_GROUP_QUERY, WIRE_GROUP_MEMBERS, WIRE_GROUP_MEMBERS_ACK
};
enum wire_flag { WIRE_SOCKET = 0x0040, WIRE_FROM_SUPERNODE = 0x0020 };

/* Path classes in REGISTER; a larger one outranks a smaller. */
enum wire_cookie {
	COOKIE_NONE = 0, COOKIE_FORWARDED = 0x1000, COOKIE_PORT = 0x4000, COOKIE_REGULAR = 0x10000,
	COOKIE_MCAST = 0x400000, COOKIE_LOCAL = 0x1000000,
	COOKIE_IDENTIFY = 0x40000000    /* relayed, and to be acknowledged directly: no edge of n2n sends it */
};
enum wire_auth_scheme {
	AUTH_NONE = 0, AUTH_SIMPLE_ID = 1, AUTH_USER_PASSWORD = 2,
	AUTH_PROOF = 3,                 /* castnet's own (core/registration.h): asked for in a NAK, and given */
	AUTH_CHALLENGE_LEN = 16, AUTH_PROOF_LEN = 48
};
enum wire_compression { COMPRESSION_NONE = 1 };
enum wire_transform { TRANSFORM_NULL = 1, TRANSFORM_SECURE = 32 };

struct wire_auth {
	uint16_t scheme;
	uint16_t len;                   /* 0 with scheme 0, 16 with 1, 48 with 2, 16 or 48 with 3; else refused */
	uint8_t token[TOKEN_MAX];       /* unused bytes are zero */
};

/* "socket" is present on the wire iff the SOCKET flag is set, unless said otherwise.  Decoding sets it to
 * none when it is absent; a null address that is present comes out as IPv4 0.0.0.0 with its port, and
 * none is encoded as 0.0.0.0, port 0.  IPv4-mapped addresses and TCP sockets are refused. */
struct wire_register {
	uint32_t cookie;                /* enum wire_cookie */
	uint8_t src[MAC_LEN], dst[MAC_LEN];     /* dst null: to the local discovery group */
	struct addr socket;
	struct subnet address;
	uint8_t desc[DESC_LEN];
};
struct wire_register_ack {
	uint32_t cookie;
	uint8_t dst[MAC_LEN], src[MAC_LEN];
	struct addr socket;
};
struct wire_packet {
	uint8_t src[MAC_LEN], dst[MAC_LEN];
	struct addr socket;
	uint8_t compression, transform;
	const uint8_t *payload;         /* decoding: inside the datagram, of any length.  Unused when encoding */
	size_t payload_len;
};
struct wire_register_super {
	uint32_t cookie;
	uint8_t mac[MAC_LEN];           /* null: asks for an address only */
	struct addr socket;
	struct subnet address;
	uint8_t desc[DESC_LEN];
	struct wire_auth auth;
	uint32_t key_time;
};
struct wire_supernode {                 /* list entry, 26 bytes, 5.5.1 */
	struct addr addr;               /* none: an entry that must be ignored (no host or port, other family) */
	uint8_t mac[MAC_LEN];
};
struct wire_register_super_ack {
	uint32_t cookie;
	uint8_t mac[MAC_LEN];           /* of the supernode */
	struct subnet address;
	uint16_t lifetime;              /* seconds; n2n writes 15, nobody reads it */
	struct addr socket;             /* always present */
	struct wire_auth auth;
	uint8_t count;
	struct wire_supernode list[WIRE_SUPERNODES_MAX];
	uint32_t key_time;
};
struct wire_register_super_nak {
	uint32_t cookie;
	uint8_t mac[MAC_LEN];           /* of the refused edge */
	struct wire_auth auth;
};
struct wire_unregister_super {
	struct wire_auth auth;
	uint8_t mac[MAC_LEN];
};
struct wire_query_peer {
	uint8_t src[MAC_LEN], target[MAC_LEN];  /* target null: PING */
	uint16_t aflags;
};
struct wire_peer_info {
	uint16_t aflags;
	uint8_t mac[MAC_LEN];           /* PONG: supernode; else: who asked */
	uint8_t target[MAC_LEN];        /* PONG: null; else: who was asked about */
	struct addr socket;             /* always present.  PONG: of who asked; else: public one of the target */
	struct addr preferred;          /* with the SOCKET flag */
	uint32_t load;                  /* PONG only, little-endian on the wire (5.9); else ignore */
	uint32_t uptime;                /* seconds, PONG only */
	uint8_t version[VERSION_LEN];   /* PONG only; ends at the first zero, what follows means nothing */
};

enum wire_group_report_flag { GROUP_REPORT_ALL = 0x01 };        /* wants every group; the list is empty */
enum wire_group_ack_flag { GROUP_ACK_STORED_ALL = 0x01 };       /* no room for the list */
enum wire_group_members_flag { GROUP_MEMBERS_RELAY = 0x01 };    /* no list: send by the relay */

/* Groups are multicast MACs (core/group.h: of those that are snooped), ascending, none twice.  Bits and bytes that are reserved must be zero. */
struct wire_group_report {
	uint32_t cookie;
	uint8_t mac[MAC_LEN];
	uint32_t sequence;              /* +1 with each change; serial arithmetic (RFC 1982) */
	uint8_t flags;                  /* enum wire_group_report_flag */
	uint16_t count;                 /* 0 with ALL */
	uint8_t group[WIRE_GROUPS_MAX][MAC_LEN];
};
struct wire_group_report_ack {
	uint32_t cookie;
	uint8_t mac[MAC_LEN];           /* of the edge */
	uint32_t sequence;              /* stored now: another than reported when that was an old one */
	uint8_t flags;                  /* enum wire_group_ack_flag */
	bool no_epoch;                  /* the message ends before it: of a supernode that has none; epoch is 0 */
	uint32_t epoch;                 /* another than before: the supernode has forgotten this edge's queries */
};
struct wire_group_query {
	uint32_t cookie;
	uint8_t mac[MAC_LEN], group[MAC_LEN];
};
struct wire_group_member {
	uint8_t mac[MAC_LEN];
	struct addr socket;
};
struct wire_group_members {
	uint32_t cookie;                /* of the query */
	uint8_t group[MAC_LEN];
	uint32_t generation;            /* grows with each change; serial arithmetic */
	uint16_t lease;                 /* seconds from now during which changes are told */
	uint8_t part, parts;            /* part < parts */
	uint8_t flags;                  /* enum wire_group_members_flag */
	uint16_t count;                 /* 0 with RELAY */
	struct wire_group_member member[WIRE_MEMBERS_MAX];
};
struct wire_group_members_ack {
	uint32_t cookie;                /* of the query */
	uint8_t mac[MAC_LEN], group[MAC_LEN];
	uint32_t generation;            /* all parts of it have come */
};

struct wire_message {
	uint8_t version, ttl, type;
	uint16_t flags;                 /* of enum wire_flag */
	uint8_t community[COMMUNITY_LEN];
	union {
		struct wire_register reg;
		struct wire_register_ack reg_ack;
		struct wire_packet packet;
		struct wire_register_super reg_super;
		struct wire_register_super_ack super_ack;
		struct wire_register_super_nak super_nak;
		struct wire_unregister_super unreg_super;
		struct wire_query_peer query;
		struct wire_peer_info info;
		struct wire_group_report group_report;
		struct wire_group_report_ack group_ack;
		struct wire_group_query group_query;
		struct wire_group_members members;
		struct wire_group_members_ack members_ack;
	};
};

enum wire_error {
	WIRE_GOOD = 0,
	WIRE_SHORT,             /* fewer than 24 bytes */
	WIRE_FOREIGN,           /* not a plain v3 message: encrypted, another version, or noise (13.1) */
	WIRE_UNKNOWN_TYPE,      /* plain v3, but a type that is reserved or not known */
	WIRE_MALFORMED          /* a known type whose lengths, community padding or fields cannot be right */
};

/* Decodes.  m is undefined unless WIRE_GOOD; only the members of its type are set. */
MUST_CHECK enum wire_error wire_get(struct wire_message *m, const uint8_t *data, size_t len);
/* Encodes every type but PACKET; returns the length, 0: does not fit or cannot be said. */
MUST_CHECK size_t wire_put(uint8_t *out, size_t room, const struct wire_message *m);
/* The header of a PACKET, all that stands before its payload: its length, 0: does not fit. */
MUST_CHECK size_t wire_put_packet(uint8_t *out, size_t room, const struct wire_message *m);
/* Puts the PACKET header (and socket) in front of the payload that b holds; false: no room. */
MUST_CHECK bool wire_push_packet(struct buf *b, const struct wire_message *m);

#endif
