#!/bin/sh
# clerk.sh --session ID|--resume ID [TASK]: a small agent that really works. It understands two sentences,
#
#   put WORDS into FILE      appends a line to FILE in its worktree, and commits
#   sketch WORDS into FILE   appends it, and leaves it uncommitted
#
# given as its argument, or typed into its terminal, a line each. It reports by `ao hook`. What it
# cannot prove: how a full-screen agent takes keys; test/agents/standin.c does that.
set -u

report() { "${AO_BIN:-ao}" hook "$1"; }

append() { # WORDS FILE
	case $2 in
	'' | */* | .*) echo "  not a file of mine: '$2'" && return 1 ;;
	esac
	printf '%s\n' "$1" >>"$2" && echo "  $2: $1"
}

carry_out() { # SENTENCE
	words=${1#* }
	words=${words%"${words##*[! ]}"}
	file=${words##* into }
	words=${words% into *}
	case $1 in
	"put "*" into "*) append "$words" "$file" && git add -- "$file" && git commit -q -m "$file: $words" ;;
	"sketch "*" into "*) append "$words" "$file" ;;
	*) echo "  I only know: put WORDS into FILE, sketch WORDS into FILE" ;;
	esac
}

turn() { # MESSAGE; a task may have more lines, such as the project's rules
	printf '%s' "$1" | report prompt
	echo "> $1"
	sleep "${CLERK_THINKS:-1}"
	carry_out "$(printf '%s\n' "$1" | head -n 1)"
	report stop </dev/null
}

case ${1:-} in
--resume) echo "clerk: here again, conversation $2" && shift 2 ;;
--session) echo "clerk: at your service" && shift 2 ;;
esac
report start </dev/null
[ -z "${1:-}" ] || turn "$1"
while IFS= read -r line; do
	[ -z "$line" ] || turn "$line"
done
