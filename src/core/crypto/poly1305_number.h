/* The number that suits the machine. */
#if defined(__SIZEOF_INT128__) && !defined(POLY1305_PORTABLE)
#include "poly1305_number44.h"
#else
#include "poly1305_number26.h"
#endif
