/* Where the IP packet of a frame lies and what it carries. */
#include "sample.h"

static struct sample p;

/* The same counted from the frame's beginning. */
struct ip {
	unsigned version;
	size_t at, len, payload;
	uint8_t protocol;
	bool later_fragment;
};

static bool ip_of(struct ip *ip, const struct layers *l)
{
	if (!l->ipv4 && !l->ipv6)
		return false;
	*ip = (struct ip){ l->ipv4 ? 4 : 6, layers_link_len(l), l->ip_total, layers_link_len(l) + l->ip_len, l->protocol,
	                   l->later_fragment };
	return true;
}

static bool view(struct ip *ip, size_t len)
{
	struct layers l;
	uint8_t *frame = exactly(p.bytes, len);
	bool is = layers_view(&l, frame, len) && ip_of(ip, &l);
	if (is) {       /* inside the frame, where they belong */
		CHECK(l.ip == frame + ip->at && layers_addresses(&l) == l.ip + (ip->version == 4 ? 12 : 8));
		CHECK(layers_destination(&l) == l.ip + (ip->version == 4 ? 16 : 24));
		CHECK(ip->at + ip->len + l.padding == len && ip->payload <= ip->at + ip->len);
	}
	free(frame);
	return is;
}

/* Headers in one place, the rest elsewhere. */
static void check_head(const struct ip *whole)
{
	struct layers e;
	struct ip ip;
	for (size_t head_len = p.at; head_len <= p.payload; head_len++) {
		uint8_t *head = exactly(p.bytes, head_len);
		CHECK(layers_view_head(&e, head, head_len, p.len));
		bool is = ip_of(&ip, &e);
		CHECK_INT(is, head_len == p.payload);
		CHECK(!is || (ip.at == whole->at && ip.len == whole->len && ip.payload == whole->payload &&
		              ip.protocol == whole->protocol));
		CHECK(!is || (layers_view_head(&e, head, head_len, ip.at + ip.len - 1) && !ip_of(&ip, &e)));
		free(head);
	}
}

static void check_view(uint8_t protocol)
{
	struct ip ip;
	size_t packet = p.len - p.at;
	sample_fill(&p, 4);                     /* the frame is padded */
	CHECK(view(&ip, p.len));
	CHECK_INT(ip.version, p.version);
	CHECK_INT(ip.at, p.at);
	CHECK_INT(ip.len, packet);
	CHECK_INT(ip.payload, p.payload);
	CHECK_INT(ip.protocol, protocol);
	CHECK(!ip.later_fragment);
	check_head(&ip);
	for (size_t cut = 0; cut < p.at + packet; cut++)
		CHECK(!view(&ip, cut));
}

static void behind_all_headers(void)
{
	static const struct { unsigned version, tags; size_t options; uint8_t extensions[4]; } cases[] = {
		{ 4, 0, 0, "" }, { 4, 1, 4, "" }, { 4, 2, 40, "" }, { 6, 0, 0, "" }, { 6, 1, 0, { 60 } },
		{ 6, 2, 0, { 43, 60, 44 } }, { 6, 0, 0, { 44 } },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_new(&p, cases[i].version, cases[i].tags);
		sample_options(&p, cases[i].options);
		for (size_t k = 0; cases[i].extensions[k]; k++)
			sample_extension(&p, cases[i].extensions[k], cases[i].extensions[k] == 44 ? 0 : (uint8_t)k);
		sample_fill(&p, 30);
		sample_end(&p, PROTOCOL_UDP);
		check_view(PROTOCOL_UDP);
	}
}

static void hop_by_hop(void)
{
	sample_new(&p, 6, 0);
	sample_extension(&p, 0, 2);
	sample_fill(&p, 10);
	sample_end(&p, PROTOCOL_ICMP6);
	check_view(PROTOCOL_ICMP6);
}

static void later_fragments(void)
{
	struct ip ip;
	sample_new(&p, 4, 0);
	sample_fill(&p, 24);
	sample_end(&p, PROTOCOL_TCP);
	put_be16(p.bytes + p.at + 6, 0x4000);                   /* DF */
	CHECK(view(&ip, p.len) && !ip.later_fragment);
	put_be16(p.bytes + p.at + 6, 0x2000);                   /* first of several */
	CHECK(view(&ip, p.len) && !ip.later_fragment);
	put_be16(p.bytes + p.at + 6, 0x2001);
	CHECK(view(&ip, p.len) && ip.later_fragment);

	sample_new(&p, 6, 0);
	sample_extension(&p, 44, 0);
	sample_fill(&p, 24);
	sample_end(&p, 60);                     /* bytes of a later fragment are no extension header */
	put_be16(p.bytes + p.at + 42, 0x0001);
	p.bytes[p.payload + 1] = 0;
	CHECK(view(&ip, p.len) && !ip.later_fragment);
	put_be16(p.bytes + p.at + 42, 0x0008);
	CHECK(view(&ip, p.len) && ip.later_fragment);
	CHECK_INT(ip.payload, p.payload);
	CHECK_INT(ip.protocol, 60);
}

static void unsound_headers(void)
{
	struct ip ip;
	sample_new(&p, 4, 0);
	sample_fill(&p, 24);
	sample_end(&p, PROTOCOL_TCP);
	static const struct { size_t at; uint8_t value; } bad4[] = {
		{ 0, 0x44 }, { 0, 0x65 }, { 0, 0x4f }, { 3, 19 }, { 3, 45 }, { 2, 1 },
	};
	for (size_t i = 0; i < sizeof(bad4) / sizeof(bad4[0]); i++) {
		uint8_t was = p.bytes[p.at + bad4[i].at];
		p.bytes[p.at + bad4[i].at] = bad4[i].value;
		CHECK(!view(&ip, p.len));
		p.bytes[p.at + bad4[i].at] = was;
	}
	CHECK(view(&ip, p.len));
	p.bytes[p.at - 1] = 0x06;                               /* ARP */
	CHECK(!view(&ip, p.len));

	sample_new(&p, 6, 0);
	sample_extension(&p, 0, 0);
	sample_fill(&p, 8);
	sample_end(&p, PROTOCOL_UDP);
	CHECK(view(&ip, p.len));
	p.bytes[p.at + 41] = 1;                                 /* 16 bytes of options are what there is */
	CHECK(view(&ip, p.len));
	p.bytes[p.at + 41] = 2;
	CHECK(!view(&ip, p.len));
	p.bytes[p.at + 41] = 0;
	p.bytes[p.at] = 0x50;
	CHECK(!view(&ip, p.len));
}

/* The kernel hands over what it likes; each has 8 bytes of the packet, so they end. */
static void any_number_of_extensions(void)
{
	struct ip ip;
	sample_new(&p, 6, 0);
	for (int i = 0; i < 20; i++)
		sample_extension(&p, 60, 0);
	sample_fill(&p, 8);
	sample_end(&p, PROTOCOL_TCP);
	CHECK(view(&ip, p.len));
	CHECK_INT(ip.protocol, PROTOCOL_TCP);
}

int main(void)
{
	RUN(behind_all_headers);
	RUN(hop_by_hop);
	RUN(later_fragments);
	RUN(unsound_headers);
	RUN(any_number_of_extensions);
	return test_done();
}
