/* In the vectors that every machine of its kind has: SSE2, NEON, or none. */
#define LANES 4
#define TARGET
#define EACH_QUARTER(F) F(0)
#define BLOCKS chacha20_plain_blocks
#include "chacha20_lanes.h"

bool chacha20_plain_available(void) { return true; }
