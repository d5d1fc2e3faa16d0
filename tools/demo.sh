#!/usr/bin/env bash
# demo.sh [BUILD]: a small real run on a home, a tmux server and a repository of its own, with an agent
# that really works (test/agents/clerk.sh). No network. Every command is shown with its own output, every
# result is checked; the first one that is wrong ends it with status 1. Nothing is left behind.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build}" && pwd) || exit 1
[ -x "$build/ao" ] || { echo "demo: no $build/ao; run make first" >&2; exit 1; }

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

# ---- a small world of its own ---------------------------------------------------------------------

world=$(mktemp -d /tmp/aodemo.XXXXXX) || exit 1
for name in $(compgen -e | grep -E '^(AO_|GIT_|TMUX|XDG_|CLERK)'); do unset "$name"; done
export CLERK_THINKS=2 HOME=$world/home TMUX_TMPDIR=$world/t PATH=$world/home/bin:$build:$build/test/agents:$PATH TERM=xterm-256color
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org GIT_CONFIG_NOSYSTEM=1
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org COLUMNS=100
locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$' && export LC_ALL=C.UTF-8

survivors() { # processes whose environment names this home
	local dir
	for dir in /proc/[0-9]*; do
		[ "${dir#/proc/}" = "$$" ] || [ "${dir#/proc/}" = "$BASHPID" ] ||
			! grep -qzxF "HOME=$HOME" "$dir/environ" 2>/dev/null || echo "${dir#/proc/}"
	done
}

clean_up() {
	local code=$? _
	trap '' INT TERM HUP
	ao stop >/dev/null 2>&1
	tmux kill-server 2>/dev/null
	for _ in $(seq 100); do
		[ -z "$(survivors)" ] && break
		sleep 0.1
	done
	# shellcheck disable=SC2046 # a list of numbers
	[ -z "$(survivors)" ] || kill -9 $(survivors) 2>/dev/null
	rm -rf "$world"
	exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- showing and checking ---------------------------------------------------------------------------

output=''
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

run() { # COMMAND… as a user types it; its output is shown as it came
	local word line=''
	for word in "$@"; do
		case $word in *[!A-Za-z0-9_./=:@%+-]*) word="\"$word\"" ;; esac
		line+=" $word"
	done
	printf '%s$%s%s\n' "$dim" "$line" "$plain"
	output=$("$@" 2>&1)
	local code=$?
	[ -z "$output" ] || printf '%s\n' "$output"
	[ "$code" = 0 ] || wrong "that ended with status $code"
}

wrong() {
	printf '%s✗ %s%s\n' "$red" "$*" "$plain"
	exit 1
}
checked=0
check() { # WHAT COMMAND…
	local what=$1
	shift
	"$@" >/dev/null 2>&1 || wrong "$what"
	checked=$((checked + 1))
	printf '%s✓ %s%s\n' "$green" "$what" "$plain"
}
wait_for() { # COMMAND…: at most half a minute
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || wrong "waited in vain for: $*"
		sleep 0.05
	done
}

shown() { [[ $output == *"$1"* ]]; }
committed() { git log --all --format=%s | grep -xF "$1" >/dev/null; } # -q would end git early: SIGPIPE
activity() { ao status | grep -E "^ *$1 .* $2 "; } # SESSION WORD
in_tmux() { tmux has-session -t "=$1"; }
status_of() { [[ $(ao status --why "$1") == "$1 is $2:"* ]]; } # SESSION WORD
green() { ao status | grep -E "^  $1 .* #[0-9]+ +(✓|ok) "; }    # SESSION
reacted() { ao events "$1" | grep -E " event=$2  decision=$3 "; } # SESSION EVENT DECISION
typed() { ao events "$1" | awk '$3 == "user" && $4 != "spawned" { n++ } END { exit !n }'; } # SESSION
not() { ! "$@"; }
gone_from_tmux() { ! in_tmux "$1"; }
gone() { ! [ -e "$1" ]; }
same() { [ "$1" = "$2" ]; }
picture() { # WORKTREE: each file's name, mode and bytes, and what git says of them
	(cd "$1" && find . -name .git -prune -o -type f -printf '%m %p ' -exec sha256sum {} \; | sort &&
		git status --porcelain && git diff --cached)
}

# ---- the run -------------------------------------------------------------------------------------------

mkdir -p "$HOME/bin" "$HOME/bakery" "$HOME/.config/agent-orchestrator/agents" "$TMUX_TMPDIR"
chmod 700 "$TMUX_TMPDIR"
cp "$root/test/agents/clerk.sh" "$HOME/bin/clerk"
cat >"$HOME/.config/agent-orchestrator/agents/clerk.yaml" <<'Y'
command: [standin, --do, clerk, --session, "{agentSessionId}", "{prompt}"]
resume: [standin, --do, clerk, --resume, "{agentSessionId}"]
sessionId: preset
process: standin
send: {channel: keys, clear: [C-u], interrupt: [Escape], queue: true, box: '^>( |$)', chip: '\[Pasted text'}
Y
cd "$HOME/bakery" || exit 1

say "A repository, and an agent: a script of thirty lines that edits, commits and reports."
run git init -q -b main .
printf 'tea\n' >menu.txt
git add menu.txt
run git commit -q -m "menu.txt: tea"
run ao init
sed -i 's/^  agent: .*/&\n  notifiers: [bell]/' agent-orchestrator.yaml
cat >>agent-orchestrator.yaml <<'Y'
    checks:
      menu: grep -q butter menu.txt || { echo "menu.txt lacks butter"; exit 1; }
notifiers:
  bell: {plugin: command, command: [tee, -a, ../notices]}
Y
check "the configuration is valid" ao config check

say "The daemon. From here on what should follow from an event does so by itself."
run ao start

say "An issue and a task: two sessions, each a worktree, a branch and a tmux session of its own."
run ao issue create "put fresh bread into menu.txt" --body "open a pull request"
run ao spawn 1
first=$(sed -nE 's/^(✓|ok) Session ([^ ]+) spawned.*/\2/p' <<<"$output")
run ao spawn "put the opening hours into door.txt"
second=$(sed -nE 's/^(✓|ok) Session ([^ ]+) spawned.*/\2/p' <<<"$output")
check "both have a name" test -n "$first" -a -n "$second"
wait_for activity "$second" active
run ao status
check "an agent at work shows as active" shown active

say "They work. The first one opens a pull request; its check is red; the daemon hands it the log; it mends that."
wait_for committed "menu.txt: fresh bread"
wait_for reacted "$first" ci-failed send
run ao status
wait_for committed "menu.txt: butter"
wait_for status_of "$first" pr_open
check "red was seen, and the log is with the agent" reacted "$first" ci-failed send
wait_for green "$first"
check "what the agent made of it is green" green "$first"
check "nobody typed anything since the spawn" not typed "$first"
wait_for committed "door.txt: the opening hours"
run git log --all --graph --oneline --format='%h %s (%D)'
run ao status
check "main was left alone" same "$(git log --format=%s main)" "menu.txt: tea"

say "A message is typed once, and counts as sent when the agent itself reports the turn."
run ao send "$second" "put the bell into door.txt"
check "the agent has it" shown "Message sent and processing"
wait_for committed "door.txt: the bell"
wait_for activity "$second" ready

say "Reviews. A remark goes to the agent the same way; an approval, to a person."
run ao pr review "$first" --request-changes --at menu.txt:2 -m "put the price of the bread into menu.txt"
run ao status
wait_for committed "menu.txt: the price of the bread"
check "the agent had the remark" reacted "$first" changes-requested send
wait_for activity "$first" ready
wait_for green "$first"
run ao pr review "$first" --resolve 1
run ao pr review "$first" --approve
wait_for reacted "$first" approved-and-green notify
check "a person was told" grep -q approved-and-green "$HOME/notices"
wait_for status_of "$first" mergeable
run ao status
run ao events "$first"

say "Merged, closed, cleaned."
run ao pr merge "$first"
check "main has it, and the checkout followed" grep -qx "the price of the bread" menu.txt
run ao issue close 1
run ao session cleanup
check "$first is cleaned" gone "$HOME/.worktrees/$first"
run ao status

run ao spawn "put the name of the baker into door.txt"
first=$(sed -nE 's/^(✓|ok) Session ([^ ]+) spawned.*/\2/p' <<<"$output")
tree=$HOME/.worktrees/$first
wait_for activity "$first" ready

say "The tmux server dies. What is not running is told, nothing is taken away."
run tmux kill-server
wait_for activity "$first" exited
wait_for activity "$second" exited
run ao status
run ao session restore --all
check "$first runs again" in_tmux "$first"
check "$second runs again" in_tmux "$second"
check "in their worktrees, with their work" grep -qx "the name of the baker" "$tree/door.txt"

say "A session with work that nobody committed: an edit, a staged file, an untracked binary."
run ao send "$first" "sketch maybe a quiche into menu.txt"
wait_for activity "$first" ready
printf 'flour\neggs\n' >"$tree/shopping.txt"
git -C "$tree" add shopping.txt
head -c 65536 /dev/urandom >"$tree/photo.raw"
run git -C "$tree" status --short
before=$(picture "$tree")
run ao session kill "$first"
check "its worktree is gone" gone "$tree"
check "its agent is gone" gone_from_tmux "$first"
run ao session undelete "$first"
check "every byte, mode and staged line is as before" same "$before" "$(picture "$tree")"
run ao session restore "$first"
run ao send "$first" "put it all into menu.txt"
wait_for committed "menu.txt: it all"
check "and its agent goes on" committed "menu.txt: it all"

say "The end, and what the log says."
run ao session kill "$first" "$second"
run ao session ls
check "nothing is left running" shown "no active sessions"
run ao stop
run ao events verify
printf '\n%s✓ demo: %d checks passed in %d s%s; all of it lay in %s and is removed now\n' \
	"$green" "$checked" "$SECONDS" "$plain" "$world"
