#!/usr/bin/env bash
# fuzz.sh SECONDS TARGET…: libFuzzer on each target, from the corpus in the tree; what it finds new
# stays under build/fuzz. A crash is kept as build/fuzz/crash-… and fails the run.
set -euo pipefail
seconds=$1
shift
for target; do
	name=${target##*/}
	mkdir -p "build/fuzz/corpus/$name" "test/fuzz/corpus/$name"
	echo "fuzz: $name for $seconds s"
	"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="build/fuzz/crash-$name-" \
		"build/fuzz/corpus/$name" "test/fuzz/corpus/$name" 2>&1 |
		grep -vE '^INFO|^stat::(new_units|slowest|peak)' || true
	[ "${PIPESTATUS[0]}" = 0 ] || exit 1
done
