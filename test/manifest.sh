#!/bin/bash
# Everything about the files of a worktree that a save promises, and its staged state.
set -e
cd "$1"
skip=(\( -name .git -o -name '*.log' -o -type p \) -prune)
find . "${skip[@]}" -o \( -type f -o -type l \) -printf '%p\n%y %m %l\0' | sort -z
find . "${skip[@]}" -o -type f -print0 | sort -z | xargs -0 -r sha256sum -z --
echo
[ "$2" ] || git ls-files -s
git diff --cached --raw --no-renames
