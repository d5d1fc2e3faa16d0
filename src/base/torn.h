/* Files of lines that are appended to without a lock. */
#pragma once

#include <stdbool.h>

/* Is there half a line at its end (a power cut, a full disk), which would swallow the next one? */
bool file_is_torn(const char *path);
