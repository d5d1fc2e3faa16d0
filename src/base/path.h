/* Paths as text. Results belong to the caller. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

char *path_join(const char *dir, const char *name); /* name absolute: just name */
char *path_dir(const char *path);                   /* "/a/b" -> "/a"; no slash: "." */
const char *path_base(const char *path);            /* points into path */
/* Leading ~ or ~/ by HOME, then relative to base (NULL: the current directory), "." and ".." and
 * double slashes folded as text, links left alone. */
char *path_absolute(const char *path, const char *base);
/* realpath(3) of the longest part that exists, the rest appended as text. Never NULL. */
char *path_real(const char *path);
bool path_within(const char *path, const char *dir); /* as text; equal counts */
const char *path_home(void);                         /* HOME, else "/" */
bool path_exists(const char *path);                  /* also a dangling link */
bool path_is_dir(const char *path);
/* The program found on PATH as execvp would; NULL: none. With a slash: itself, if executable. */
char *path_program(const char *name);
char *path_program_in(const char *path, const char *name); /* path in place of PATH; may be NULL */
/* What to say when path_program() found none: "no program 'x' on PATH". */
char *path_no_program(const char *name);
/* The folder of our own executable, from /proc/self/exe. */
const char *path_self_dir(void);
char *path_self(void);
