#!/usr/bin/env bash
# lint.sh BUILD: all of it, two at a time; says what was found and fails at the end.
# shellcheck disable=SC2317 # the steps are called by name
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
failed=0
mapfile -t c < <(git ls-files --cached --others --exclude-standard '*.c')
mapfile -t h < <(git ls-files --cached --others --exclude-standard '*.h')
mapfile -t sh < <(git ls-files --cached --others --exclude-standard 'tools/*.sh' 'bench/*.sh' .ci/run share/agents/hooks/codex/serve)
mapfile -t tests < <(git ls-files --cached --others --exclude-standard '*.bash' '*.bats' 'test/*.sh' test/run test/run-one)

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
# What ships and the programs that tests start. The tests themselves, as many lines again, have two
# compilers' warnings and the sanitizers.
tidy() {
	printf '%s\0' "${c[@]}" | grep -zE '^(src|bench|test/agents)/' | xargs -0 -n 4 -P "$(nproc)" sh -c \
		'clang-tidy --quiet "$@" -- -std=gnu17 -D_GNU_SOURCE -DAO_VERSION="\"lint\"" -Isrc -Itest 2>/dev/null' tidy
}
check() {
	# an error that TRY() returns is no pointer into what it was told about
	cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		--suppress=nullPointerArithmetic --suppress=varFuncNullUB \
		--suppress=returnDanglingLifetime -DMUST_USE= \
		-D_GNU_SOURCE -D__linux__ "-DAO_VERSION=\"lint\"" -Isrc -Itest src
}
# In bats each test is a subshell on purpose, and what box.bash sets is not seen through `load`.
shell() {
	shellcheck -x -P SCRIPTDIR "${sh[@]}" || return
	shellcheck -x -P SCRIPTDIR -S warning -e SC2030,SC2031,SC2034,SC2154 "${tests[@]}"
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
