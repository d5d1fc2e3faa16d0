#!/usr/bin/env bash
# mutants.sh [-l] [-v MUTANTS] [-w WORKERS]: the sweep must find each of these planted mistakes (mutant.c) in each of these
# verbs, else it is blind there. -l names them, MISTAKE:VERB+VERB. power.sh has the fourth mistake.
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mutants="1:spawn+restore 2:spawn+restore 3:spawn+restore 1:pr-create 1:pr-checks 1:pr-review 5:pr-merge 6:poll 7:poll \
1:issue-close 2:issue-create"
workers=$((2 * $(nproc))) passed=0 failed=0
while getopts lv:w: o; do
	case $o in
	l) echo "$mutants"; exit ;;
	v) mutants=$OPTARG ;;
	w) workers=$OPTARG ;;
	*) exit 2 ;;
	esac
done
for m in $mutants; do
	verbs=${m#*:}
	found=$("$here/sweep.sh" -m "${m%:*}" -v "${verbs/+/ }" -f -w "$workers" 2>/dev/null)
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
