#!/usr/bin/env bash
# races.sh [-l] [-v RACES] [-w WORKERS]: verbs side by side on one session or one repository, RACES times each (100; 12 of
# polls and of pull requests), 12 spawns at once, and 500 messages under load. What must hold is what sweep.sh checks; here nothing is
# killed, so without `doctor --fix`. -l names the races.
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
# shellcheck source=test/fault/pulls.bash
. "$here/pulls.bash"
rounds=${RACES:-100} forge_rounds=${RACES:-12} workers=$(nproc) races="messages kill_send restore_cleanup cleanup_cleanup \
merge_push review_push poll_poll poll_send poll_kill twelve"
while getopts lv:w: o; do
	case $o in
	l) echo "$races"; exit ;;
	v) races=$OPTARG ;;
	w) workers=$OPTARG ;;
	*) exit 2 ;;
	esac
done
tops=$(mktemp -d "${TMPDIR:-/tmp}/aorace.XXXXXX")
# shellcheck disable=SC2154
trap 'for d in "$tops"/[0-9]*; do place "$d"; settle_down; done; rm -rf "$tops"' EXIT

bad() { echo "BAD $*"; }

# A home with one dead session that holds work, made once at its place.
prepare() { # DIR RACE
	place "$1"
	mkdir -p "$HOME"
	plant_home 'standin, --turn-ms, "0"'
	ao spawn app 42 >/dev/null || return
	reported stop || return # a turn that is cut off is another fixture
	plant_work fe-1
	settle_down
	cp -a "$HOME" "$BOX/dead"
	case $2 in poll* | *_push) prepare_pulls ;; esac
}
nap() { sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"; }

kill_send() {
	local a b n
	renew dead
	revive start || { echo "no fixture"; return; }
	{ nap; ao send fe-1 point --timeout 3 >"$BOX/b" 2>&1; echo $? >"$BOX/b.rc"; } &
	nap
	ao session kill fe-1 --now >"$BOX/a" 2>&1
	a=$?
	wait $!
	b=$(cat "$BOX/b.rc")
	n=$(grep -c '^point' "$STANDIN_LOG/fe-1.log")
	[ "$a" = 0 ] || echo "kill: exit $a: $(tail -1 "$BOX/a")"
	[ "$(field fe-1 status)" = killed ] || echo "status $(field fe-1 status)"
	[ "$n" -le 1 ] || echo "typed $n times"
	[ "$b" != 0 ] || [ "$n" = 1 ] || echo "send: exit 0 and not arrived"
	[ "$b" -le 7 ] || echo "send: exit $b: $(tail -1 "$BOX/b")"
}
restore_cleanup() {
	local a b
	renew dead
	{ nap; ao session cleanup >"$BOX/b" 2>&1; echo $? >"$BOX/b.rc"; } &
	nap
	ao session restore fe-1 >"$BOX/a" 2>&1
	a=$?
	wait $!
	b=$(cat "$BOX/b.rc")
	case $a in
	0)
		[ "$(field fe-1 status)" != killed ] || echo "restored, then cleaned up: $(tail -2 "$BOX/b" | paste -sd' ')"
		tmux has-session -t =fe-1 || echo "restored, but not there" ;;
	6 | 1) [ "$(field fe-1 status)" = killed ] || echo "refused, but not killed: $(tail -1 "$BOX/a")" ;;
	*) echo "restore: exit $a: $(tail -1 "$BOX/a")" ;;
	esac
	[ "$b" = 0 ] || [ "$b" = 6 ] || echo "cleanup: exit $b: $(tail -1 "$BOX/b")"
}
cleanup_cleanup() {
	local a b
	renew dead
	{ nap; ao session cleanup >"$BOX/b" 2>&1; echo $? >"$BOX/b.rc"; } &
	ao session cleanup >"$BOX/a" 2>&1
	a=$?
	wait $!
	b=$(cat "$BOX/b.rc")
	[ "$(field fe-1 status)" = killed ] || echo "status $(field fe-1 status)"
	local n
	n=$(cat "$BOX/a" "$BOX/b" | grep -c '^ *Cleaned: fe-1')
	[ "$n" = 1 ] || echo "$n of two say that they cleaned it"
	[ "$(git -C "$REPO" for-each-ref refs/ao/trash | wc -l)" = 1 ] || echo "saved more than once"
	{ [ "$a" = 0 ] || [ "$a" = 6 ]; } && { [ "$b" = 0 ] || [ "$b" = 6 ]; } || echo "exit $a and $b: $(tail -1 "$BOX/a") / $(tail -1 "$BOX/b")"
}

# Only what was approved gets in, nothing of others is lost, and the checkout is in step.
merge_push() {
	local a approved mine
	renew approved
	approved=$(git -C "$TREES/fe-1" rev-parse HEAD)
	{ nap; commit_in fe-1 sneaky words; } >/dev/null 2>&1 &
	{ nap; git -C "$REPO" commit -q --allow-empty -m mine && repo_main >"$BOX/mine"; } >/dev/null 2>&1 &
	rm -f "$BOX/mine"
	nap
	ao pr merge fe-1 --merge >"$BOX/a" 2>&1
	a=$?
	wait
	[ "$a" = 0 ] || [ "$a" = 6 ] || echo "merge: exit $a: $(tail -1 "$BOX/a")"
	[ "$a" != 0 ] || git -C "$REPO" merge-base --is-ancestor "$approved" main || echo "exit 0, and not merged"
	[ "$a" = 0 ] || ! git -C "$REPO" cat-file -e main:new 2>/dev/null || echo "exit $a, and main has it: $(tail -1 "$BOX/a")"
	! git -C "$REPO" cat-file -e main:sneaky 2>/dev/null || echo "main has what nobody approved"
	[ "$(cat "$TREES/fe-1/sneaky")" = words ] || echo "the later work is lost"
	mine=$(cat "$BOX/mine" 2>/dev/null)
	[ -z "$mine" ] || git -C "$REPO" merge-base --is-ancestor "$mine" main || echo "a commit on main is lost"
	[ -z "$(git -C "$REPO" status --porcelain)" ] || echo "not in step: $(git -C "$REPO" status --porcelain)"
}
# An approval stays with the commit that was named.
review_push() {
	local a seen
	renew green
	ao pr review fe-1 --ask ann >/dev/null
	seen=$(git -C "$TREES/fe-1" rev-parse HEAD)
	{ nap; commit_in fe-1 sneaky words; } >/dev/null 2>&1 &
	nap
	ao pr review fe-1 --approve --head "$seen" >"$BOX/a" 2>&1
	a=$?
	wait
	[ "$a" = 0 ] || [ "$a" = 6 ] || echo "review: exit $a: $(tail -1 "$BOX/a")"
	[ "$a" != 0 ] || [ "$(ao pr view fe-1 --json | jq -r '.remarks[-1].head')" = "$seen" ] || echo "approved another commit"
	[ "$(ao pr view fe-1 --json | jq -r .reviewDecision)" = pending ] || echo "approved by an older approval"
	ao pr checks fe-1 >/dev/null
	ao pr merge fe-1 >"$BOX/a" 2>&1
	[ $? = 6 ] && grep -q review "$BOX/a" || echo "merge: $(tail -1 "$BOX/a")"
	check_pulls "$(repo_main)"
}

red_session() {
	renew red
	old=$(repo_main)
	revive stop || echo "no fixture"
}
a_poll() { # FILE
	nap
	ao poll >"$BOX/$1" 2>&1 || echo "poll: exit $?: $(tail -1 "$BOX/$1")"
}
told_once() {
	: >"$BOX/out"
	poll_out
	check_told
	check_pulls "$old"
	[ "$(messages_seen)" = 1 ] || echo "the agent has the message $(messages_seen) times"
	[ "$(grep -c '^changes-requested ' "$HOME/log/notices")" = 1 ] || echo "people were told $(wc -l <"$HOME/log/notices") times"
}
poll_poll() {
	local old
	red_session
	a_poll a &
	a_poll b
	wait
	told_once
}
poll_send() {
	local old b n
	red_session
	{ nap; ao send fe-1 point --timeout 120 >"$BOX/b" 2>&1; echo $? >"$BOX/b.rc"; } &
	a_poll a
	wait
	told_once
	b=$(cat "$BOX/b.rc") n=$(grep -c '^point' "$STANDIN_LOG/fe-1.log")
	[ "$b" = 0 ] && [ "$n" = 1 ] || echo "send: exit $b, typed $n times: $(tail -1 "$BOX/b")"
}
poll_kill() {
	local old
	red_session
	a_poll a &
	nap
	ao session kill fe-1 --now >"$BOX/b" 2>&1 || echo "kill: exit $?: $(tail -1 "$BOX/b")"
	wait
	[ "$(field fe-1 status)" = killed ] || echo "status $(field fe-1 status)"
	ao poll >"$BOX/a" 2>&1 || echo "poll: exit $?: $(tail -1 "$BOX/a")"
	[ "$(field fe-1 status)" = killed ] || echo "status $(field fe-1 status) by a poll"
	[ "$(messages_seen)" -le 1 ] || echo "the agent has the message $(messages_seen) times"
	[ -z "$(sort "$HOME/log/notices" 2>/dev/null | uniq -d)" ] || echo "told twice"
	check_pulls "$old"
}

work() { # N RACE
	local i found
	place "$tops/$1"
	mkdir -p "$BOX"
	prepare "$BOX" "$2" || { bad "prepare"; return; }
	cd "$BOX" || return
	case $2 in poll_* | *_push) rounds=$forge_rounds ;; esac
	for i in $(seq $((rounds / workers))); do
		found=$("$2" 2>/dev/null)
		quiet
		found+=$(check fe-1)
		if [ -n "$found" ]; then bad "$2 $i: $(echo "$found" | paste -sd'|')"; else echo "OK $2 $i"; fi
		settle_down || bad "$2 $i: processes are left"
	done
}

twelve() {
	local i out=$tops/12
	place "$out"
	mkdir -p "$HOME"
	plant_home 'standin, --turn-ms, "0"'
	for i in $(seq 12); do
		ao spawn app "same words" >"$BOX/out.$i" 2>&1 || bad "spawn $i: $(tail -1 "$BOX/out.$i")" &
	done
	wait
	[ "$(git -C "$REPO" worktree list | wc -l)" = 13 ] || bad "twelve spawns: $(git -C "$REPO" worktree list | wc -l) worktrees"
	[ "$(git -C "$REPO" worktree list --porcelain | grep -c '^branch')" = 13 ] || bad "twelve spawns: branches"
	[ "$(sed -nE 's/^✓ Session ([^ ]+) .*/\1/p' "$BOX"/out.* | sort -u | wc -l)" = 12 ] || bad "twelve spawns: ids"
	[ "$(ao session ls --json | jq length)" = 12 ] || bad "twelve spawns: ls"
	i=$(check -)
	if [ -n "$i" ]; then bad "twelve spawns: $i"; else echo "OK twelve spawns"; fi
	settle_down
}

messages() {
	local s i out=$tops/13 lost=0 twice=0
	place "$out"
	mkdir -p "$HOME"
	plant_home 'standin, --turn-ms, "5"'
	for s in $(seq 10); do
		ao spawn app >/dev/null 2>&1 || bad "messages: spawn"
	done
	for s in $(seq 10); do
		for i in $(seq 50); do
			ao send "fe-$s" "message <$i> to $s" --timeout 300 >"$BOX/send.$s" 2>&1 ||
				bad "send fe-$s $i: exit $?: $(tail -1 "$BOX/send.$s")"
		done &
	done
	wait
	for s in $(seq 10); do
		for i in $(seq 50); do
			case $(grep -c "^message <$i> to $s" "$STANDIN_LOG/fe-$s.log") in
			0) lost=$((lost + 1)) ;;
			1) ;;
			*) twice=$((twice + 1)) ;;
			esac
		done
		[ "$(grep -cE '^MSG [0-9]+$' "$STANDIN_LOG/fe-$s.log")" = 50 ] || bad "fe-$s took $(grep -cE '^MSG [0-9]+$' "$STANDIN_LOG/fe-$s.log") messages"
	done
	if [ $((lost + twice)) = 0 ]; then echo "OK messages"; else bad "messages: $lost lost, $twice twice"; fi
	settle_down
}

began=$SECONDS
for race in $races; do
	case $race in
	twelve | messages) $race >>"$tops/results" 2>/dev/null; continue ;;
	esac
	for n in $(seq "$workers"); do
		work "$n" "$race" >"$tops/results.$n" 2>/dev/null &
	done
	wait
	cat "$tops"/results.[0-9]* >>"$tops/results"
	rm -rf "${tops:?}"/[0-9]*
done
grep '^BAD' "$tops/results" | head -40
passed=$(grep -c '^OK' "$tops/results") failed=$(grep -c '^BAD' "$tops/results")
echo "races ($races): $passed of $((passed + failed)) in $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
