/* Where a folder lies in git, read from files alone: no process is started. */
#pragma once

/* The folder that holds .git, from dir upwards; NULL: in no work tree. The caller frees it. */
char *checkout_root(const char *dir);
/* dir as it would be in the main checkout: the same, unless dir lies in a linked worktree. */
char *checkout_main(const char *dir);
