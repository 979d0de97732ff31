/* Why is nothing heard?  Each hint is one or two sentences that say what to do; what is certain comes first. */
#ifndef MCPING_DIAGNOSE_H
#define MCPING_DIAGNOSE_H

#include "app/mcping/conf.h"
#include "app/mcping/way.h"

enum { HINTS_MAX = 16, HINT_LEN = 400 };
struct hints {
	char text[HINTS_MAX][HINT_LEN];
	size_t n;
};

/* Counters of this host that tell of dropped datagrams; all zero where they cannot be read. */
struct mcping_drops { uint64_t reverse_path, no_room, bad_checksum; };
struct mcping_drops mcping_read_drops(void);

void diagnose_no_route(struct hints *h, const struct mcping_conf *conf);
/* The kernel refused to send, or to join, with that error. */
void diagnose_cannot_send(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way, int error);
void diagnose_cannot_join(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way, int error,
                          const char *what);
/* Nobody has answered; answers come to port. */
void diagnose_no_answer(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way, uint16_t port,
                        const struct mcping_drops *before);
/* Nothing has come; elsewhere: datagrams to the group that came by other interfaces. */
void diagnose_silence(struct hints *h, const struct mcping_conf *conf, const struct mcping_way *way,
                      const struct mcping_drops *before, uint64_t elsewhere);

void hints_print(const struct hints *h);        /* to standard error */

#endif
