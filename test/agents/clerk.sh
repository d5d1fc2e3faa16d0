#!/bin/sh
# clerk.sh: the work of a small agent that really works (standin --do clerk). It reads one message on
# standard input and carries out each line of it that it understands:
#
#   put WORDS into FILE      appends a line to FILE in its worktree, and commits
#   FILE lacks WORDS         the same, as a failed check says it
#   sketch WORDS into FILE   appends it, and leaves it uncommitted
#   open a pull request      does so
#
# wherever in the message it stands: in a task, in the log of a check, in a remark of a review.
set -u

append() { # WORDS FILE
	case $2 in
	'' | */* | .* | *\ *) return 1 ;;
	esac
	printf '%s\n' "$1" >>"$2"
}
put() { append "$1" "$2" && git add -- "$2" && git commit -q -m "$2: $1"; }

sleep "${CLERK_THINKS:-1}"
while IFS= read -r line || [ -n "$line" ]; do
	line=${line%"${line##*[! ]}"}
	line=${line#"[ao] "}
	rest=${line#* }
	case $line in
	"put "*" into "*) put "${rest% into *}" "${line##* into }" ;;
	"open a pull request"*) "${AO_BIN:-ao}" --quiet pr create >/dev/null ;;
	"sketch "*" into "*) append "${rest% into *}" "${line##* into }" ;;
	*" lacks "*) put "${line#* lacks }" "${line%% lacks *}" ;;
	esac
done
