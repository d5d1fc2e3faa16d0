#!/usr/bin/env bash
# lint.sh BUILD: all of it, two at a time; says what was found and fails at the end.
# shellcheck disable=SC2317 # the steps are called by name
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
failed=0
mapfile -t c < <(git ls-files --cached --others --exclude-standard '*.c')
mapfile -t h < <(git ls-files --cached --others --exclude-standard '*.h')
mapfile -t sh < <(git ls-files --cached --others --exclude-standard '*.sh' '*.bash' '*.bats' .ci/run test/run test/run-one test/fault/stub)

step() {
	local name=$1 start=$SECONDS
	shift
	if "$@"; then
		echo "lint: $name ok ($((SECONDS - start)) s)"
	else
		echo "lint: $name FAILED"
		failed=1
	fi
}

format() { clang-format --dry-run -Werror "${c[@]}" "${h[@]}"; }
tidy() {
	# the product; tests and stand-ins have the compilers and the sanitizers
	git ls-files -z --cached --others --exclude-standard 'src/*.c' | xargs -0 -n 6 -P "$(nproc)" sh -c \
		'clang-tidy --quiet "$@" -- -std=gnu17 -D_GNU_SOURCE -DAO_VERSION="\"lint\"" -Isrc -Itest 2>/dev/null' tidy
}
check() {
	cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		--suppress=nullPointerArithmetic --suppress=varFuncNullUB --suppress=returnDanglingLifetime \
		--suppress=unknownMacro --suppress=preprocessorErrorDirective \
		-D_GNU_SOURCE -D__linux__ '-D__attribute__(x)=' "-DAO_VERSION=\"lint\"" -Isrc -Itest src
}
# what bats' own manner brings: tests are subshells, $ in quotes is meant, output comes from run
shell() {
	local bats=() others=() f
	for f in "${sh[@]}"; do
		case $f in *.bats) bats+=("$f") ;; *) others+=("$f") ;; esac
	done
	shellcheck -x -P SCRIPTDIR "${others[@]}" &&
		shellcheck -x -P SCRIPTDIR -e SC2010,SC2015,SC2016,SC2030,SC2031,SC2034,SC2086,SC2094,SC2143,SC2154,SC2164 "${bats[@]}"
}
layers() { tools/layers.sh . "$build"; }
pages() {
	local page bad=0
	for page in man/*.scd; do
		[ -e "$page" ] || continue
		scdoc <"$page" >/dev/null || bad=1
	done
	return "$bad"
}

step format format
step layers layers
step shellcheck shell
step "manual pages" pages
step cppcheck check
step clang-tidy tidy
exit "$failed"
