#!/usr/bin/env bash
# deps.sh [--check] build|test|lint|fuzz|deb|all…: what those need is there, or is installed by the system's
# package manager (as root, else by sudo). --check only looks, and fails where something is missing.
# Making a Debian package needs some hundred more packages than all the rest: `all` is without it.
# Nothing that is there already is touched.
set -euo pipefail

check=no
[ "${1:-}" = --check ] && { check=yes; shift; }
[ $# -gt 0 ] || set -- all

# One line each: group, how to see that it is there, Debian's name, Fedora's name.
table() {
	cat <<-'T'
		build program:gcc        gcc             gcc
		build program:make       make            make
		build header:stdio.h     libc6-dev       glibc-devel
		build header:jansson.h   libjansson-dev  jansson-devel
		build header:sha256.h    libmd-dev       libmd-devel
		build header:uv.h        libuv1-dev      libuv-devel
		build header:yaml.h      libyaml-dev     libyaml-devel
		build header:curl/curl.h libcurl4-openssl-dev libcurl-devel
		build program:scdoc      scdoc           scdoc
		build program:git        git             git
		build program:tmux       tmux            tmux
		test  header:cmocka.h    libcmocka-dev   libcmocka-devel
		test  program:bats       bats            bats
		test  program:strace     strace          strace
		test  program:jq         jq              jq
		test  program:python3    python3         python3
		test  program:curl       curl            curl
		test  program:openssl    openssl         openssl
		test  program:gh         gh              gh
		test  program:node       nodejs          nodejs
		test  program:npm        npm             npm
		test  program:mkfs.ext4  e2fsprogs       e2fsprogs
		test  program:ps         procps          procps-ng
		test  program:zsh        zsh             zsh
		test  program:fish       fish            fish
		test  program:xterm      xterm           xterm
		test  program:Xvfb       xvfb            xorg-x11-server-Xvfb
		test  program:kitty      kitty           kitty
		test  program:alacritty  alacritty       alacritty
		test  program:foot       foot            foot
		test  program:weston     weston          weston
		test  program:gnome-terminal gnome-terminal gnome-terminal
		test  program:notify-send libnotify-bin  libnotify
		test  program:dbus-daemon dbus           dbus-daemon
		test  program:dunst      dunst           dunst
		lint  program:clang      clang           clang
		lint  program:clang-format clang-format  clang-tools-extra
		lint  program:clang-tidy clang-tidy      clang-tools-extra
		lint  program:cppcheck   cppcheck        cppcheck
		lint  program:shellcheck shellcheck      ShellCheck
		fuzz  program:clang      clang           clang
		fuzz  fuzzer:            libclang-rt-dev compiler-rt
		deb   program:dpkg-buildpackage dpkg-dev dpkg-dev
		deb   program:dh         debhelper       debhelper
		deb   program:lintian    lintian         lintian
	T
}

there() {
	case $1 in
	program:*) PATH=$PATH:/usr/sbin:/sbin command -v "${1#program:}" >/dev/null ;;
	# as the compiler finds it: other packages have files of the same name in folders of their own
	header:*) gcc -E -x c -include "${1#header:}" /dev/null >/dev/null 2>&1 ;;
	fuzzer:) command -v clang >/dev/null && find "$(clang -print-resource-dir)/" \
		-name 'libclang_rt.fuzzer*' 2>/dev/null | grep -q . ;;
	esac
}

missing=()
if command -v apt-get >/dev/null; then manager=apt-get; else manager=dnf; fi
while read -r group probe debian fedora; do
	case " $* " in *" $group "*) ;; *" all "*) [ "$group" != deb ] || continue ;; *) continue ;; esac
	there "$probe" && continue
	if [ "$manager" = apt-get ]; then missing+=("$debian"); else missing+=("$fedora"); fi
done < <(table)

[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$check" = yes ]; then
	echo "missing: ${missing[*]}"
	exit 1
fi
command -v "$manager" >/dev/null || {
	echo "deps: neither apt-get nor dnf is here; please install: ${missing[*]}" >&2
	exit 1
}

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "deps: installing ${missing[*]} with ${as_root[*]} $manager"
if [ "$manager" = apt-get ]; then
	"${as_root[@]}" apt-get update -q
	# Debian 12 has libFuzzer only under the compiler's own number
	for i in "${!missing[@]}"; do
		[ "${missing[i]}" = libclang-rt-dev ] || continue
		apt-cache show libclang-rt-dev >/dev/null 2>&1 || missing[i]=libclang-rt-14-dev
	done
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends "${missing[@]}"
else
	"${as_root[@]}" dnf install -y "${missing[@]}"
fi
