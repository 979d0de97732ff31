/* Transform 1: the payload is the frame. */
#include "core/transform.h"
#include "core/wire.h"

const struct transform transform_null = { .id = TRANSFORM_NULL, .name = "null" };
