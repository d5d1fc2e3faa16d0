#!/usr/bin/env bats
# `make install` into an empty root, and away again.
load ../cli/box
load installed

# As from a shell: the make that runs the tests has options of its own.
build() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -C "$tree" BUILD="$AO_BUILD" DESTDIR="$BOX/root" "$@"; }

@test "make install: every file with its mode, and ao works from there" {
	(umask 077 && build install)
	should_be share/zsh/site-functions '' >"$BOX/should"
	is_there "$BOX/root/usr/local" >"$BOX/is"
	same_files "$BOX/should" "$BOX/is"
	[ -z "$(find "$BOX/root/usr" -type d ! -perm 755)" ]
	works "$BOX/root/usr/local"
}

@test "make install under another prefix, over an older one; make uninstall takes its own and leaves the rest" {
	build install PREFIX="/opt/a b"
	echo old >"$BOX/root/opt/a b/bin/ao"
	build install PREFIX="/opt/a b"
	cmp "$AO_BUILD/ao" "$BOX/root/opt/a b/bin/ao"
	is_there "$BOX/root/opt/a b" | wc -l | grep -x "$(should_be x | wc -l)"
	echo mine >"$BOX/root/opt/a b/share/ao/agents/mine.yaml"
	echo other >"$BOX/root/opt/a b/bin/other"
	build uninstall PREFIX="/opt/a b"
	[ "$(is_there "$BOX/root" | sed 's/^[0-9]* //' | sort | paste -sd,)" = \
		"opt/a b/bin/other,opt/a b/share/ao/agents/mine.yaml" ]
	[ ! -e "$BOX/root/opt/a b/libexec/ao" ]
	rm "$BOX/root/opt/a b/share/ao/agents/mine.yaml"
	build uninstall PREFIX="/opt/a b" # also where nothing is left
	[ ! -e "$BOX/root/opt/a b/share/ao" ]
}

@test "the builder's flags reach what is installed" {
	run build -n -B BUILD="$BOX/build" CPPFLAGS=-DMINE CFLAGS=-O3 LDFLAGS=-Wl,-z,now all
	[ "$(grep -c -- '-DMINE.* -O3 -c -o' <<<"$output")" = "$(ls "$tree"/src/*.c "$tree"/src/*/*.c | wc -l)" ]
	[ "$(grep -cE -- '-O3 -Wl,-z,now -o .*/build/ao(-run)? ' <<<"$output")" = 2 ]
}

@test "deps: a header is there where the compiler finds it, not where a package keeps one of the same name" {
	mkdir "$BOX/bin"
	printf '#!/bin/sh\nexit 1\n' >"$BOX/bin/gcc"
	chmod +x "$BOX/bin/gcc"
	PATH=$BOX/bin:$PATH run "$tree/tools/deps.sh" --check build
	[ "$status" = 1 ]
	[[ $output == *libuv1-dev* || $output == *libuv-devel* ]]
}

@test "one version: Makefile, ao, CHANGELOG.md, the package's changelog" {
	[[ $(version) =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	[ "$(ao version)" = "ao $(version)" ]
	[ "$(sed -nE '/^## /{s/^## ([^ ]*).*/\1/p;q}' "$tree/CHANGELOG.md")" = "$(version)" ]
	[[ $(head -1 "$tree/debian/changelog") =~ ^"ao ($(version)-"[0-9]+") " ]]
}

@test "the package asks for the git and tmux that ao doctor asks for" {
	mkdir "$BOX/bin"
	printf '#!/bin/sh\necho 0.1\n' | tee "$BOX/bin/git" >"$BOX/bin/tmux"
	chmod +x "$BOX"/bin/*
	rm "$CONFIG"
	PATH=$BOX/bin:$PATH run ao doctor
	echo "$output"
	[[ $output =~ "install git "([0-9.]+)" or newer" ]]
	grep -xF " git (>= 1:${BASH_REMATCH[1]})," "$tree/debian/control" # Debian's has an epoch
	[[ $output =~ "install tmux "([0-9.]+)" or newer" ]]
	grep -xF " tmux (>= ${BASH_REMATCH[1]})," "$tree/debian/control"
}
