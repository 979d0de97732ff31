/* The kernel of a simulated host as far as multicast goes: which groups it has joined, and the IGMPv3 that it
 * says about them when something changes or a querier asks.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "core/addr.h"

enum { HOST_GROUPS = 512, HOST_REPORT_MAX = 14 + 24 + 8 + 8 * HOST_GROUPS };

struct host_groups { uint8_t bits[HOST_GROUPS / 8]; };

/* g may come from a frame that was spoilt on its way. */
static inline bool host_wants(const struct host_groups *h, unsigned g)
{
	return g < HOST_GROUPS && h->bits[g / 8] & 1u << g % 8;
}
static inline void host_set(struct host_groups *h, unsigned g, bool wants)
{
	h->bits[g / 8] = (uint8_t)((h->bits[g / 8] & ~(1u << g % 8)) | (wants ? 1u << g % 8 : 0));
}
void host_group(unsigned g, uint8_t ip[static 4], uint8_t mac[static MAC_LEN]);
/* What is said when one group is joined or left; and the answer to a query.  Both return the length; 0: nothing. */
size_t host_report_change(uint8_t out[static HOST_REPORT_MAX], const uint8_t mac[static MAC_LEN],
                          const uint8_t ip[static 4], unsigned g, bool joined);
size_t host_report_all(uint8_t out[static HOST_REPORT_MAX], const uint8_t mac[static MAC_LEN],
                       const uint8_t ip[static 4], const struct host_groups *h);
bool host_is_query(const uint8_t *frame, size_t len);   /* general, or about any group */

#endif
