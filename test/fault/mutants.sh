#!/usr/bin/env bash
# mutants.sh [-l] [-v MUTANTS] [-w WORKERS]: the sweep over spawn and restore must find each of these planted mistakes
# (mutant.c), else it is blind. -l names them. power.sh has the fourth.
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mutants="1 2 3" workers=$((2 * $(nproc))) passed=0 failed=0
while getopts lv:w: o; do
	case $o in
	l) echo "$mutants"; exit ;;
	v) mutants=$OPTARG ;;
	w) workers=$OPTARG ;;
	*) exit 2 ;;
	esac
done
for m in $mutants; do
	found=$("$here/sweep.sh" -m "$m" -v "spawn restore" -f -w "$workers" 2>/dev/null)
	case $found in
	*BAD*)
		echo "mutant $m: caught"
		passed=$((passed + 1)) ;;
	skipped:*) echo "$found" | head -1 ;;
	*)
		echo "BAD mutant $m was not caught: the sweep is blind"
		failed=$((failed + 1)) ;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
