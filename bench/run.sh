#!/usr/bin/env bash
# run.sh [BUILD]: what ao costs, side by side with what a user would run instead; see bench/README.md.
# A table with a bound per row; ends with 1 where one is missed. About a minute, and nothing is left behind.
#   SIZES="1 10 50 200"   live sessions     ROUNDS=21   timed runs of each command    SPAWNS=11   of spawn
#   IDLE=60               seconds for which an idle daemon is watched     BUSY=20  turns of 50 busy agents; 0: not
#   SILENT=50             agents without hooks, for an idle daemon; 0: none
#   MANY=0                so many more live sessions for an idle daemon: 1000 needs 1.5 GB and five minutes
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build}" && pwd) || exit 1
: "${SIZES:=1 10 50 200}" "${ROUNDS:=21}" "${SPAWNS:=11}" "${IDLE:=60}" "${BUSY:=20}" "${MANY:=0}" "${SILENT:=50}"
timer=$build/bench/timer
for program in "$build/ao" "$build/ao-run" "$build/ao-serve" "$timer" "$build/test/agents/standin"; do
	[ -x "$program" ] || { echo "bench: no $program; run: make bench" >&2; exit 1; }
done

world=$(mktemp -d /tmp/aobench.XXXXXX) || exit 1
for name in $(compgen -e | grep -E '^(AO_|GIT_|TMUX|XDG_|STANDIN)'); do unset "$name"; done
export HOME=$world/home TMUX_TMPDIR=$world/t PATH=$build:$build/test/agents:$PATH LC_ALL=C.UTF-8
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org GIT_CONFIG_NOSYSTEM=1 TERM=xterm-256color
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org
mkdir -p "$HOME" "$TMUX_TMPDIR"
chmod 700 "$TMUX_TMPDIR"
data=$HOME/.agent-orchestrator/sessions/bench

survivors() { # processes whose environment names this home
	local dir
	for dir in /proc/[0-9]*; do
		[ "${dir#/proc/}" = "$$" ] || [ "${dir#/proc/}" = "$BASHPID" ] ||
			! grep -qzxF "HOME=$HOME" "$dir/environ" 2>/dev/null || echo "${dir#/proc/}"
	done
}
clean_up() {
	local code=$? _
	ao stop >/dev/null 2>&1
	trap '' INT TERM HUP
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

die() {
	echo "bench: $*" >&2
	exit 1
}

# ---- the fixture ------------------------------------------------------------------------------------

make_repo() { # PATH FILES
	local i
	git init -q -b main "$1"
	for ((i = 0; i < $2; i++)); do
		[ $((i % 50)) = 0 ] && mkdir "$1/d$((i / 50))"
		printf '%s %d\n' {1..200} "$i" >"$1/d$((i / 50))/f$i"
	done
	git -C "$1" add -A
	git -C "$1" commit -q -m first
}

make_repo "$world/small" 1
make_repo "$world/large" 2000
cat >"$HOME/.agent-orchestrator.yaml" <<Y
name: bench
limits: {maxSessions: 10000, freeMemory: 0}
defaults: {agent: standin}
agents:
  standin: {command: [standin, --turn-ms, "0", "{prompt}"], process: standin}
projects:
  small: {path: $world/small, sessionPrefix: s, defaultBranch: main, checks: {test: "false"}}
  large: {path: $world/large, sessionPrefix: l, defaultBranch: main}
Y
cd "$HOME" || exit 1

# A poll after which nothing is left to do; what is on disk, by name, inode, size and time of change.
poll_until_idle() {
	local end=$((SECONDS + 20))
	until [ -z "$(ao poll 2>&1)" ]; do [ $SECONDS -lt $end ] || die "polls find ever more to do"; done
}
everything() { find "$HOME/.agent-orchestrator" -printf '%p %i %s %T@ %C@\n' | sort; }

live=0
up_to() { # N sessions that have reported by a hook
	local end
	for (( ; live < $1; live++)); do
		ao -q spawn small >/dev/null || die "spawn failed"
	done
	end=$((SECONDS + 20))
	until [ "$(find "$data" -name signals | wc -l)" -ge "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || die "not every agent came up"
		sleep 0.05
	done
}

# 10,000 records in all: copies of one that was really killed.
fill_up() {
	local id record
	if ! ao -q spawn small || ! ao -q session kill "s-$((live + 1))"; then
		die "kill failed"
	fi >/dev/null
	record=$(<"$data/s-$((live + 1))/metadata")
	for ((id = 1000; id < 10999 - live; id++)); do
		mkdir "$data/s-$id"
		printf '%s\n' "${record//s-$((live + 1))/s-$id}" >"$data/s-$id/metadata"
	done
	seq -f s-%g 1000 $((id - 1)) >>"$data/.closed"
	[ "$(find "$data" -name metadata | wc -l)" = 10000 ] || die "not 10,000 records"
}
empty_again() {
	find "$data" -maxdepth 1 -name 's-[0-9][0-9][0-9][0-9]*' -exec rm -rf {} +
	sed -i '/^s-[0-9]\{4,\}$/d' "$data/.closed"
}

# Each session with a transcript of 20 MB, nearly all of it a hole; at its end 40 records, tools' outputs of 1 KB
# among them.
give_transcripts() {
	local i at tail=$world/tail lines
	at=$(date -u +%FT%T.000Z)
	for ((i = 0; i < 20; i++)); do
		printf '\n{"type":"user","timestamp":"%s","message":{"content":[{"type":"tool_result","content":"%01024d"}]}}' "$at" $i
		printf '\n{"type":"assistant","timestamp":"%s","message":{"content":[{"type":"text","text":"did %d"}],"stop_reason":"end_turn","usage":' "$at" $i
		printf '{"input_tokens":%d,"cache_read_input_tokens":40000,"output_tokens":20}}}' $i
	done >"$tail"
	echo >>"$tail"
	mkdir -p "$HOME/.config/agent-orchestrator/agents"
	echo 'transcript: claude-jsonl' >"$HOME/.config/agent-orchestrator/agents/standin.yaml"
	for ((i = 1; i <= live; i++)); do
		truncate -s 20M "$world/transcript-$i"
		cat "$tail" >>"$world/transcript-$i"
		echo "$at id $world/transcript-$i" >"$data/s-$i/conversations"
	done
	lines=$(ao status --json | grep -c '"input":19\|"input": 19')
	[ "$lines" = "$live" ] || die "not every transcript was read: $lines"
}
take_transcripts() {
	rm -rf "$HOME/.config" "$world"/transcript-* "$data"/s-*/conversations
}

# A pull request of each session, with a check that has run.
open_pulls() {
	local i
	for ((i = 1; i <= live; i++)); do
		git -C "$HOME/.worktrees/s-$i" commit -q --allow-empty -m work
		ao -q pr create "s-$i" >/dev/null || die "no pull request of s-$i"
	done
}
close_pulls() {
	local i
	for ((i = 1; i <= live; i++)); do ao -q pr close "s-$i" >/dev/null || die "a pull request stays open"; done
}

# ---- the table ----------------------------------------------------------------------------------------

missed=0
measured=()
measure() { # ROUNDS A… -- B…
	local out
	out=$("$timer" "$@") || die "a timed run failed: $*"
	mapfile -t measured <<<"$out"
}

row() { # WHAT N FACTOR PLUS [PEAK-KIB]: bound = FACTOR * bare + PLUS ms
	local verdict
	verdict=$(awk -v what="$1" -v n="$2" -v factor="$3" -v plus="$4" -v most="${5:-0}" '
		NR == 1 { ms = $1; least = $2; top = $3; cpu = $4; peak = $5 }
		NR == 2 { bare = $1 }
		END {
			bound = factor * bare + plus
			ok = ms <= bound && (!most || peak <= most)
			printf "%-25s %6s %8.2f %13s %7.2f %8s %6s %8.2f %6.1f  %s\n", what, n, ms,
				sprintf("%.1f..%.1f", least, top), cpu, factor ? sprintf("%.2f", bare) : "-",
				factor ? sprintf("%.2f", ms / bare) : "-", bound, peak / 1024, ok ? "ok" : "MISSED"
		}' < <(printf '%s\n' "${measured[@]}"))
	echo "$verdict"
	[[ $verdict == *MISSED ]] && missed=$((missed + 1))
	return 0
}

printf '%s, %s cores, Linux %s, %s, %s, %s\n\n' \
	"$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" "$(nproc)" "$(uname -r)" "$(tmux -V)" \
	"$(git --version)" "$(ao --version)"
printf '%-25s %6s %8s %13s %7s %8s %6s %8s %6s\n' \
	what n "ao ms" "least..most" "cpu ms" "bare ms" ratio "bound" MiB

# ---- the daemon -------------------------------------------------------------------------------------------

told() { ao start --status --json | jq -r "$1"; }
calm() { # nothing was polled for five seconds
	local polls='' _
	for _ in $(seq 60); do
		[ "$(told '"\(.polls) \(any(.namespaces[]; .polling))"')" = "$polls" ] && return
		polls="$(told .polls) false"
		sleep 5
	done
	die "the daemon does not come to rest"
}
figure() { # WHAT N VALUE UNIT BOUND MIB
	awk -v what="$1" -v n="$2" -v value="$3" -v unit="$4" -v bound="$5" -v mib="$6" 'BEGIN {
		ok = value <= bound && mib <= 10
		printf "%-25s %6s %8.3f %-3s %47.3f %6.1f  %s\n", what, n, value, unit, bound, mib, ok ? "ok" : "MISSED"
		exit !ok }' || missed=$((missed + 1))
}
daemon_idle() { # N BOUND-IN-PERCENT [WHAT]
	local pid before cpu
	calm
	pid=$(told .pid)
	before=$(told .polls; everything)
	cpu=$(cut -d' ' -f1 "/proc/$pid/schedstat")
	sleep "$IDLE"
	cpu=$(($(cut -d' ' -f1 "/proc/$pid/schedstat") - cpu))
	figure "${3:-daemon idle}, $IDLE s" "$1" "$(awk "BEGIN { print $cpu / 1e7 / $IDLE }")" % "$2" \
		"$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$pid/status")"
	[ "$(told .polls; everything)" = "$before" ] || { echo "the idle daemon did something: MISSED"; missed=$((missed + 1)); }
}
milliseconds() { date -d "$1" +%s%3N; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
daemon_reacts() { # from the hook's own time to that of the record; from the end of a red check to its receipt
	local i k tree=$HOME/.worktrees/s-1 stop made
	for ((i = 0; i < 5; i++)); do
		ao -q send s-1 "run: sleep 1" >/dev/null || die "the agent did not take a message"
		for ((k = 0; k < 500; k++)); do
			stop=$(tail -1 "$data/s-1/signals")
			[[ $stop == *" stop "* ]] && grep -q '^status=idle' "$data/s-1/metadata" && break
			sleep 0.02
		done
		made=$(stat -c %.3Y "$data/s-1/metadata")
		echo $((${made/./} - $(milliseconds "${stop%% *}")))
	done >"$world/hooks"
	figure "hook to record, median" 5 "$(median <"$world/hooks")" ms 50 0
	echo work >"$tree/work"
	git -C "$tree" add work
	git -C "$tree" commit -q -m work
	ao -q pr create s-1 >/dev/null
	for ((i = 0; i < 600; i++)); do
		made=$(ao events s-1 --json | jq -r 'select(.type == "message" and .state == "accepted" and (.from | startswith("reaction"))) | .time')
		[ -z "$made" ] || break
		sleep 0.1
	done
	stop=$(ao pr view s-1 --json | jq -r '.checks[0].endedAt')
	figure "red check to its receipt" 1 "$(($(milliseconds "${made%%$'\n'*}") - $(milliseconds "$stop")))" ms 2000 0
}

descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
zombies() { ps -o stat= --ppid "$1" | awk '/Z/ { n++ } END { print n + 0 }'; }
# Reports of 50 busy agents, hastened: first a tenth, so that all that is kept is there, then the rest.
daemon_busy() { # N TURNS
	local pid cpu rss fds n seconds size wall
	pid=$(told .pid)
	"$build/bench/reports" "$data" "$1" $((($2 + 9) / 10)) 60 1500 >/dev/null
	calm
	fds=$(descriptors "$pid") rss=$(resident "$pid")
	cpu=$(cut -d' ' -f1 "/proc/$pid/schedstat")
	read -r n wall < <("$build/bench/reports" "$data" "$1" "$2" 60 1500)
	calm
	cpu=$(($(cut -d' ' -f1 "/proc/$pid/schedstat") - cpu))
	seconds=$(awk "BEGIN { print $cpu / 1e9 }")
	echo "daemon busy: $n reports and $(($2 * $1)) turns of $1 agents in $wall s: $seconds s of its processor time"
	figure "daemon busy, cpu a report" "$1" "$(awk "BEGIN { print 1000 * $seconds / $n }")" ms 0.5 "$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$pid/status")"
	figure "  growth of memory" "$1" $(($(resident "$pid") - rss)) KiB 512 0
	figure "  growth of descriptors" "$1" $(($(descriptors "$pid") - fds)) "" 0 0
	figure "  zombies" "$1" "$(zombies "$pid")" "" 0 0
	size=$(cat "$HOME"/.agent-orchestrator/daemon.log* | wc -c)
	figure "  its log" "$1" $((size / 1024)) KiB 2100 0
	size=$(cat "$data/s-1/signals"* | wc -c)
	figure "  reports that are kept" 1 $((size / 1024)) KiB 600 0
}

measure "$ROUNDS" ao version -- true
row "version : true" - 1 2
list=(tmux list-panes -a -F '#{session_name} #{pane_id} #{pane_pid} #{pane_dead} #{pane_title}')
for n in $SIZES; do
	up_to "$n"
	measure "$ROUNDS" ao session ls -- "${list[@]}"
	row "session ls : list-panes" "$n" 1.5 2 8192
	measure "$ROUNDS" ao status -- "${list[@]}"
	row "status : list-panes" "$n" 1.5 2 8192
	[ "$n" = 50 ] || continue
	poll_until_idle
	before=$(everything)
	measure "$ROUNDS" ao poll
	row "poll, nothing new" "$n" 0 20 8192
	[ "$(everything)" = "$before" ] || { echo "poll wrote: MISSED"; missed=$((missed + 1)); }
	give_transcripts
	measure "$ROUNDS" ao status -- "${list[@]}"
	row "status, 20 MB transcripts" "$n" 1 10 8192
	take_transcripts
	fill_up
	measure "$ROUNDS" ao session ls
	row "ls of 10,000 records" "$n" 0 20 8192
	measure 7 ao session ls -a
	row "ls -a of 10,000 records" "$n" 0 300
	empty_again
	ao start >/dev/null || die "the daemon did not start"
	daemon_idle "$n" 0.1
	daemon_reacts
	[ "$BUSY" = 0 ] || daemon_busy "$n" "$BUSY"
	ao -q stop >/dev/null
	measure "$ROUNDS" ao status -- "${list[@]}"
	row "status, long histories" "$n" 1 10 8192 # all that the agents reported while they were busy
	open_pulls
	measure "$ROUNDS" ao status -- "${list[@]}"
	row "status, pull requests" "$n" 1 11 8192 # 1 ms more than without
	close_pulls
	# at work, and nothing was reported for over ten seconds: then each screen is looked at
	"$build/bench/reports" "$data" "$n" 1 2 1500 open >/dev/null
	sleep 11
	screens=()
	for ((i = 1; i <= n; i++)); do screens+=(\; capture-pane -p -t "=s-$i:"); done
	measure "$ROUNDS" ao status -- "${list[@]}" "${screens[@]}"
	row "status, long at work" "$n" 1 20 8192
	"$build/bench/reports" "$data" "$n" 1 2 1500 >/dev/null
	for i in "$data"/s-*/signals; do # the sizes after this one are without histories, too
		tail -n 1 "$i" >"$world/last" && cat "$world/last" >"$i"
	done
done

# 50 agents that tell nothing, of another home; and how late it is seen that one is at work again.
daemon_hookless() {
	local home=$HOME _ at
	export HOME=$world/silent
	mkdir -p "$HOME"
	cat >"$HOME/.agent-orchestrator.yaml" <<-Y
		name: silent
		limits: {maxSessions: 100, freeMemory: 0}
		defaults: {agent: standin}
		agents:
		  standin: {command: [standin, --no-hooks, --turn-ms, "3000", "{prompt}"], process: standin}
		projects:
		  small: {path: $world/small, sessionPrefix: q, defaultBranch: main}
	Y
	for _ in $(seq "$1"); do ao -q spawn small >/dev/null || die "spawn failed"; done
	ao start >/dev/null || die "the daemon did not start"
	for _ in $(seq 10); do # until all have been still for long
		at=$(told .polls)
		sleep 25
		[ "$(told .polls)" != "$at" ] || break
	done
	daemon_idle "$1" 0.1 "daemon idle, no hooks"
	for _ in 1 2 3; do
		tmux send-keys -t =q-1: -l "run: for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo at work; sleep 1; done"
		tmux send-keys -t =q-1: Enter
		at=$(date +%s%3N)
		until grep -q '^status=working' "$HOME/.agent-orchestrator/sessions/silent/q-1/metadata"; do
			[ $(($(date +%s%3N) - at)) -lt 30000 ] || die "nobody saw that it works"
			sleep 0.05
		done
		echo $(($(date +%s%3N) - at))
		sleep 35
	done >"$world/late"
	figure "  work without hooks seen" 3 "$(median <"$world/late")" ms 15000 0
	ao -q stop >/dev/null
	export HOME=$home
}
[ "$SILENT" = 0 ] || daemon_hookless "$SILENT"

if [ "$MANY" != 0 ]; then
	up_to "$MANY"
	ao start >/dev/null || die "the daemon did not start"
	daemon_idle "$MANY" 1
	ao -q stop >/dev/null
fi

# a hook counts only below its agent: the agent itself takes the time
ao -q send s-1 "run: $timer $ROUNDS ao hook tool >$world/hook.new && mv $world/hook.new $world/hook" >/dev/null ||
	die "the agent did not take the message"
for _ in $(seq 200); do [ -e "$world/hook" ] && break; sleep 0.05; done
[ "$(grep -c ' tool ' "$data/s-1/signals")" -gt "$ROUNDS" ] || die "the hook wrote nothing"
mapfile -t measured <"$world/hook"
row "hook" - 0 5

measure "$SPAWNS" ao -q spawn large -- sh -c \
	"git -C '$world/large' worktree add -q -b bare-{} '$world/bare-{}' && tmux new-session -d -s bare-{} standin"
row "spawn : worktree + tmux" 2000f 1.15 25

# ---- a forge ------------------------------------------------------------------------------------------

# As a user would ask by hand: the same questions, by curl, at once.
bare_trip() { # BODIES
	local body next=''
	printf 'exec curl -Z'
	for body in "$1"/*; do
		printf '%s -s --unix-socket %s -o /dev/null -H "Content-Type: application/json" -d @%s http://api.github.com/graphql' \
			"$next" "$world/forge.socket" "$body"
		next=' --next'
	done
}
forge_rows() { # DELAY
	local n i home=$world/forged pid
	mkdir -p "$home" "$world/bodies"
	node "$root/bench/forge.mjs" "$world/forge.socket" "$1" "$world/bodies" &
	pid=$!
	printf 'name: f\nprojects:\n  app: {path: %s, repo: acme/app, sessionPrefix: a, scm: {plugin: github, socket: %s}}\n' \
		"$world/small" "$world/forge.socket" >"$home/.agent-orchestrator.yaml"
	for _ in $(seq 100); do [ -S "$world/forge.socket" ] && break; sleep 0.05; done
	export GITHUB_TOKEN=none
	for n in $SIZES; do
		for ((i = 1; i <= n; i++)); do
			mkdir -p "$home/.agent-orchestrator/sessions/f/a-$i" "$home/trees/$i"
			printf 'id=a-%d\nprojectId=app\nstatus=pr_open\nbranch=b%d\npr=https://github.com/acme/app/pull/%d\ncreatedAt=2026-11-22T07:17:56Z\nworktree=%s\n' \
				"$i" "$i" "$i" "$home/trees/$i" >"$home/.agent-orchestrator/sessions/f/a-$i/metadata"
		done
		rm -rf "$world/bodies"/* "$home/.agent-orchestrator/cache"
		HOME=$home ao status >/dev/null
		bare_trip "$world/bodies" >"$world/bare.sh"
		printf 'rm -rf %s/.agent-orchestrator/cache; HOME=%s exec ao status\n' "$home" "$home" >"$world/ours.sh"
		measure 7 sh "$world/ours.sh" -- sh "$world/bare.sh"
		row "status, forge $1 ms : curl" "$n" 1.1 15
	done
	unset GITHUB_TOKEN
	kill "$pid"
	wait "$pid" 2>/dev/null
	rm -f "$world/forge.socket"
}
if command -v node >/dev/null && command -v curl >/dev/null; then
	forge_rows 0
	forge_rows 300
else
	echo "forge: skipped, there is no node or no curl"
fi

printf '\n%d bound%s missed, %d s\n' "$missed" "$([ $missed = 1 ] || echo s)" "$SECONDS"
[ "$missed" = 0 ]
