/*
 * A file that another program writes on, and whose end alone is read: it gives back what it takes on the disk.
 */
#pragma once

#include <stddef.h>

/* Where it takes over 4 * keep bytes all but the last keep bytes go, and read as zeros. Its size and its time stay,
 * and the writer does not notice. Not there, or a file system that can't (fallocate(2)): nothing happens. */
void file_thin(const char *path, size_t keep);
