#!/usr/bin/env bash
# deb.sh [DIR]: the Debian package of this tree, made and checked in DIR (build/deb) and nowhere else: it is
# built from a copy. What lintian finds ends it with status 1; the last line is the package's path.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-build/deb}

rm -rf "$dir"
mkdir -p "$dir/ao"
dir=$(cd "$dir" && pwd)
tar -c --exclude-vcs --exclude=./build . | tar -x -C "$dir/ao"
# who calls this may be a make with options of its own
(cd "$dir/ao" && env -u MAKEFLAGS -u MAKELEVEL -u BUILD -u CC -u SAN -u CFLAGS -u CPPFLAGS -u LDFLAGS \
	dpkg-buildpackage -b -us -uc) >"$dir/log" 2>&1 || {
	tail -n 40 "$dir/log"
	exit 1
}
lintian --allow-root --fail-on error,warning "$dir"/ao_*.changes
rm -rf "$dir/ao"
ls "$dir"/ao_*.deb
