#include "chacha20_ways.h"

#if defined(__x86_64__)
#define LANES 16
#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#define EACH_QUARTER(F) F(0), F(4), F(8), F(12)
#define BLOCKS chacha20_avx512_blocks
#include "chacha20_lanes.h"

bool chacha20_avx512_available(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
#endif
