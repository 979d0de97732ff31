#include "chacha20_ways.h"

#if defined(__x86_64__)
#define LANES 8
#define TARGET __attribute__((target("avx2")))
#define EACH_QUARTER(F) F(0), F(4)
#define BLOCKS chacha20_avx2_blocks
#include "chacha20_lanes.h"

bool chacha20_avx2_available(void) { return __builtin_cpu_supports("avx2"); }
#endif
