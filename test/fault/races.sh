#!/usr/bin/env bash
# races.sh [-l] [-v RACES] [-w WORKERS]: verbs side by side on one session or one repository, RACES times each (100), 12
# spawns at once, and 500 messages under load. What must hold is what sweep.sh checks; here nothing is
# killed, so without `doctor --fix`. -l names the races.
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
rounds=${RACES:-100} workers=$(nproc) races="messages kill_send restore_cleanup cleanup_cleanup twelve"
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
prepare() {
	place "$1"
	mkdir -p "$HOME"
	plant_home 'standin, --turn-ms, "0"'
	ao spawn app 42 >/dev/null || return
	wait_signals 1 || return
	plant_work fe-1
	settle_down
	cp -a "$HOME" "$BOX/dead"
}
wait_signals() {
	local i
	for i in $(seq 1000); do
		[ "$(grep -cE ' (start|stop) ' "$DATA/fe-1/signals" 2>/dev/null)" -ge "$1" ] && return 0
		sleep 0.02
	done
	return 1
}
renew() { rm -rf "$HOME" && cp -a "$BOX/dead" "$HOME"; }
nap() { sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"; }

kill_send() {
	local a b n
	renew
	if ! ao session restore fe-1 >/dev/null 2>&1 || ! wait_signals 2; then
		echo "no fixture"
		return
	fi
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
	renew
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
	renew
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

work() { # N RACE
	local i found
	place "$tops/$1"
	mkdir -p "$BOX"
	prepare "$BOX" || { bad "prepare"; return; }
	cd "$BOX" || return
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
			ao send "fe-$s" "message <$i> to $s" --timeout 60 >"$BOX/send.$s" 2>&1 ||
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
echo "races ($races): $passed of $((passed + failed)), pairs $rounds times each, in $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
