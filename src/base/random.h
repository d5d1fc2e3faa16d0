/* Random names from getrandom(2). */
#pragma once

#include <stddef.h>

char *random_hex(size_t bytes); /* 2 digits a byte; the caller's */
char *random_uuid(void);        /* version 4, RFC 9562 */
