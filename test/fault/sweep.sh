#!/usr/bin/env bash
# sweep.sh [-l] [-v VERBS] [-m MUTANT] [-e EVERY] [-s SHARE] [-w WORKERS] [-f]: kill ao, and fail its system calls, at every boundary
# of every verb. For each point: a fresh copy of a prepared home, the verb under strace with one fault injected,
# one `ao doctor --fix`, then everything that must hold (fault.bash, check), then the verb again.
# Also each call of git and tmux in turn fails, hangs, does half, or does all and says no.
# Boundaries that only look are tried by one in SHARE (12; SWEEP_SHARE=1 takes all, some 11,000 points); -e takes
# one in EVERY of all points, -f takes them in no order and stops at the first bad one, -l names the verbs. Ends with a line "N passed, N failed".
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
# shellcheck source=test/fault/pulls.bash
. "$here/pulls.bash"

verbs="kill undelete cleanup spawn restore send spawn-clone kill-clone undelete-clone orchestrator kill-orchestrator \
poll pr-create pr-checks pr-review pr-merge issue-create issue-close"
mutant='' every=1 share=${SWEEP_SHARE:-12} workers=$((2 * $(nproc))) first_bad=''
while getopts lv:m:e:s:w:f o; do
	case $o in
	l) echo "$verbs"; exit ;;
	v) verbs=$OPTARG ;;
	m) mutant=$OPTARG ;;
	e) every=$OPTARG ;;
	s) share=$OPTARG ;;
	w) workers=$OPTARG ;;
	f) first_bad=yes ;;
	*) exit 2 ;;
	esac
done
# strace's first run tells whether it may trace here at all
if ! why=$(strace -qq -o /dev/null -e inject=getppid:error=EIO true 2>&1); then
	echo "skipped: strace cannot trace here, no point was run: $why"
	echo "0 passed, 0 failed"
	exit 0
fi
words() { # the verb's command line
	case ${1%-clone} in
	spawn) echo "spawn app 42" ;;
	send) echo "send fe-1 point --timeout 3" ;;
	orchestrator) echo "orchestrator app" ;;
	kill-orchestrator) echo "session kill fe-orchestrator" ;;
	kill) echo "session kill fe-1" ;;
	cleanup) echo "session cleanup" ;;
	restore) echo "session restore fe-1" ;;
	undelete) echo "session undelete fe-1" ;;
	poll) echo poll ;;
	pr-create) echo "pr create fe-1 --no-checks" ;;
	pr-checks) echo "pr checks fe-1" ;;
	pr-review) echo "pr review fe-1 --request-changes -m words --at new:1" ;;
	pr-merge) echo "pr merge fe-1" ;;
	issue-create) echo "issue create -p app words" ;;
	issue-close) echo "issue close -p app 1" ;;
	esac
}

# ---- fixtures: $tops/W/{empty,dead,killed}, also with -clone, and those of pulls.bash, made at the very path where
# they will be used

prepare() {
	place "$1"
	case " $verbs" in *-clone*) prepare_one -clone clone || return ;; esac
	prepare_one "" worktree || return
	case " $verbs" in *" p"[or]* | *" issue"*) prepare_pulls ;; esac
}
prepare_one() { # SUFFIX WORKSPACE
	rm -rf "$HOME"
	mkdir -p "$HOME"
	plant_home 'standin, --turn-ms, "0"' "$2"
	cp -a "$HOME" "$BOX/empty$1"
	"$REAL_AO" spawn app 42 >/dev/null || return
	reported stop || return # a turn that is cut off is another fixture
	plant_work fe-1
	settle_down
	cp -a "$HOME" "$BOX/dead$1"
	"$REAL_AO" session kill fe-1 >/dev/null || return
	cp -a "$HOME" "$BOX/killed$1"
}
fixture() { # the verb's ground, as it was
	local how=''
	case $1 in *-clone) how=-clone ;; esac
	case ${1%-clone} in
	spawn) renew "empty$how" ;;
	orchestrator) renew empty ;;
	kill-orchestrator) renew empty && "$REAL_AO" orchestrator app >/dev/null 2>&1 ;;
	cleanup | restore) renew dead ;;
	undelete) renew "killed$how" ;;
	pr-create) renew branch ;;
	pr-checks) renew open ;;
	pr-review | pr-merge) renew green ;;
	issue-*) renew issue ;;
	poll) renew red && revive stop ;;
	kill | send) renew "dead$how" && revive start ;;
	esac
}

# ---- what exit 0 promises
promised() {
	case ${1%-clone} in
	spawn)
		local id
		id=$(sed -nE 's/^✓ Session ([^ ]+) spawned.*/\1/p' "$BOX/out")
		[ -d "$TREES/${id:-none}" ] && [ -n "$(field "$id" runtimeHandle)" ] || echo "exit 0, but nothing was spawned" ;;
	cleanup) ! grep -q '^ *Cleaned: fe-1' "$BOX/out" || [ "$(field fe-1 status)" = killed ] ||
		echo "said to be cleaned, but fe-1 is $(field fe-1 status)" ;;
	orchestrator) [ -n "$(field fe-orchestrator runtimeHandle)" ] || echo "exit 0, but it was not started" ;;
	kill-orchestrator) [ "$(field fe-orchestrator status)" = killed ] || echo "exit 0, but it is not killed" ;;
	kill)
		[ "$(field fe-1 status)" = killed ] && [ ! -e "$TREES/fe-1" ] || echo "exit 0, but fe-1 is not killed" ;;
	restore) [ -n "$(field fe-1 restoredAt)" ] || echo "exit 0, but nothing was restored" ;;
	undelete) [ "$(cat "$TREES/fe-1/precious" 2>/dev/null)" = "precious words" ] || echo "exit 0, but nothing is back" ;;
	send) [ "$(grep -c '^point' "$STANDIN_LOG/fe-1.log" 2>/dev/null)" = 1 ] || echo "exit 0, but it did not arrive" ;;
	poll) ;; # what cannot be read is unknown, and the next one looks again
	pr-create)
		local pull
		pull=$(field fe-1 pr) # its number need not be 1
		grep -q '^state=open' "$(pulls)/${pull#local:app#}/pull" 2>/dev/null || echo "exit 0, but there is no pull request" ;;
	pr-checks) [ "$(grep -c 'state=success' "$(pulls)/1/checks")" = 2 ] || echo "exit 0, but not green" ;;
	pr-review) grep -q '^2.text=words' "$(pulls)/1/remarks" 2>/dev/null || echo "exit 0, but nothing was said" ;;
	pr-merge) grep -q '^state=merged' "$(pulls)/1/pull" && [ "$(cat "$REPO/new")" = good ] ||
		echo "exit 0, but nothing was merged" ;;
	issue-create) [ -s "$REPO/.git/ao/issues/2" ] || echo "exit 0, but there is no issue" ;;
	issue-close) grep -q '^state=closed' "$REPO/.git/ao/issues/1" || echo "exit 0, but it is open" ;;
	esac
}
# The same verb again, from whatever was left, must get there.
again() {
	local rc out
	case ${1%-clone} in
	spawn) out=$("$REAL_AO" spawn app 43 2>&1) ;;
	send)
		[ "$(grep -c '^point' "$STANDIN_LOG/fe-1.log" 2>/dev/null)" -le 1 ] 2>/dev/null ||
			echo "DOUBLE: the message was typed twice"
		return 0 ;;
	kill) out=$("$REAL_AO" session kill fe-1 2>&1) ;;
	cleanup)
		"$REAL_AO" session cleanup >/dev/null 2>&1
		[ "$(field fe-1 status)" = killed ] || echo "cleanup again: fe-1 is $(field fe-1 status)"
		return 0 ;;
	restore)
		tmux has-session -t =fe-1 2>/dev/null && return 0
		out=$("$REAL_AO" session restore fe-1 2>&1) ;;
	undelete)
		[ -d "$TREES/fe-1" ] && [ "$(field fe-1 status)" != killed ] && return 0
		out=$("$REAL_AO" session undelete fe-1 2>&1) ;;
	poll)
		poll_out
		check_told
		return 0 ;;
	pr-*) again_pull "$1"; return 0 ;;
	issue-*) again_issue "$1"; return 0 ;;
	esac
	rc=$?
	[ $rc = 0 ] || echo "$1 again: exit $rc: $(echo "$out" | tail -1)"
}

again_pull() {
	local out rc remarks lock
	remarks=$(grep -c '^[0-9]*.text=words$' "$(pulls)/1/remarks" 2>/dev/null)
	# shellcheck disable=SC2046
	out=$("$REAL_AO" $(words "$1") 2>&1)
	rc=$?
	lock=$(grep -oE "/[^ ']*\.lock\>" <<<"$out" | head -1)
	if [ -n "$lock" ]; then # of a git that was killed: that one is git's, and it was named
		rm "$lock"
		# shellcheck disable=SC2046
		out=$("$REAL_AO" $(words "$1") 2>&1)
		rc=$?
	fi
	[ $rc = 0 ] || [[ $out == *"is merged already"* ]] || echo "$1 again: exit $rc: $(echo "$out" | tail -1)"
	promised "$1"
	case $1 in
	pr-create) [ "$(ao pr ls -p app --json | jq length)" = 1 ] || echo "there is not one of them" ;;
	pr-review) [ "$(grep -c '^[0-9]*.text=words$' "$(pulls)/1/remarks")" = $((remarks + 1)) ] ||
		echo "$remarks remarks, and one more are $(grep -c 'text=words$' "$(pulls)/1/remarks")" ;;
	pr-merge)
		ao poll >/dev/null 2>&1
		[ "$(field fe-1 status)" = merged ] || echo "merged, and fe-1 is $(field fe-1 status)" ;;
	esac
	check_pulls "$old"
}
again_issue() {
	local out rc
	# shellcheck disable=SC2046
	out=$("$REAL_AO" $(words "$1") 2>&1)
	rc=$?
	[ $rc = 0 ] || echo "$1 again: exit $rc: $(echo "$out" | tail -1)"
	promised "$1"
	check_issues
}

# A folder without a record is a spawn that has just begun, for two seconds; this one was an hour ago.
age_half_made() {
	local folder
	for folder in "$DATA"/*/; do
		[ -e "$folder/metadata" ] || [ ! -d "$folder" ] || touch -d '1 hour ago' "$folder"
	done
}

# ---- one point: VERB SYSCALL N MODE [LOOKS], or VERB stub N:PROGRAM MODE
# LOOKS: how often the undisturbed verb opened something in /proc, where it looks at every process of the machine.
# Where there are fewer now, the N-th call never came: the same boundary is that much earlier.
point() {
	local verb=$1 call=$2 n=$3 mode=$4 looks=${5:-} rc patience log=$BOX/strace hit bad='' planted=fe-1 old earlier=0
	fixture "$verb" || { echo "BAD $*: the fixture could not be made"; return; }
	old=$(repo_main)
	case $verb in spawn* | *orchestrator) planted=- ;; esac
	: >"$log"
	if [ "$call" = stub ]; then
		rm -rf "$BOX/stub" && mkdir "$BOX/stub"
		ln -s "$here/stub" "$BOX/stub/git"
		ln -s "$here/stub" "$BOX/stub/tmux"
		# only who meets a hung git or tmux has little patience: on a busy machine all are slow
		[ "$mode" = hang ] && patience=AO_TEST_RUN_MS=1000 || patience=STUB_PATIENT=yes
		# shellcheck disable=SC2046
		STUB_DIR=$BOX/stub STUB_AT=$n STUB_MODE=$mode PATH=$BOX/stub:$PATH \
			timeout 60 env "$patience" "$REAL_AO" $(words "$verb") >"$BOX/out" 2>&1 </dev/null
		rc=$?
		hit=$(cat "$BOX/stub/hit" 2>/dev/null)
	else
		# shellcheck disable=SC2046
		timeout -s KILL 60 strace -qq -o "$log" ${mutant:+-E LD_PRELOAD=$AO_BUILD/test/fault/mutant.so -E AO_MUTANT=$mutant} \
			-e trace="$call" -e inject="$call:$mode:when=$n" "$REAL_AO" $(words "$verb") >"$BOX/out" 2>&1 </dev/null
		rc=$?
		hit=$(grep -m1 -E 'INJECTED|killed by SIGKILL' "$log")
		[ -n "$hit" ] || [ -z "$looks" ] || earlier=$((looks - $(grep -c '"/proc/' "$log")))
	fi
	[ $rc = 137 ] || bad+=$(checks_running)
	quiet || bad+="git or ao still at work after 40 s"$'\n'
	bad+=$(checks_end)
	[ $rc != 0 ] || bad+=$(promised "$verb")
	[ $rc -le 130 ] || [ $rc = 137 ] || bad+="exit $rc"$'\n'
	grep -qE 'runtime error|AddressSanitizer' "$BOX/out" && bad+="sanitizer"$'\n'
	if [ -n "$hit" ]; then
		age_half_made
		timeout 60 "$REAL_AO" doctor --fix >"$BOX/doctor" 2>&1 </dev/null
		quiet
		bad+=$(check "$planted")
		case $verb in
		pr-* | poll) bad+=$(check_pulls "$old") ;;
		issue-*) bad+=$(check_issues) ;;
		esac
		[ -n "$bad" ] || bad+=$(again "$verb")
	fi
	if [ -n "$bad" ]; then
		echo "BAD $* (exit $rc): $(echo "$bad" | head -4 | paste -sd'|')"
		{
			echo "== $*"
			cat "$BOX/out"
			echo "-- doctor"
			cat "$BOX/doctor"
		} >>"$BOX/../details" 2>/dev/null
		settle_down
	elif [ "$earlier" -gt 0 ] && [ "$n" -gt "$earlier" ]; then
		point "$verb" "$call" $((n - earlier)) "$mode"
		return
	elif [ -z "$hit" ]; then
		echo "MISS $*"
	else
		echo "OK $*"
	fi
	case ${verb%-clone} in spawn | send | kill | restore | poll | *orchestrator) settle_down || echo "BAD $*: processes outlive the tmux server" ;; esac
}

# ---- which points there are: from a trace of the undisturbed verb
relevant='open|openat|write|pwrite64|rename|renameat|renameat2|mkdir|mkdirat|unlink|unlinkat|rmdir|fsync|fdatasync|ftruncate|fcntl|flock|vfork|clone|clone3|pidfd_open|pidfd_send_signal|poll|ppoll|pipe2|wait4|waitid|kill|read|getdents64|newfstatat|symlink|chmod|fchmod'
points() { # VERB
	local verb=$1 base=$BOX/base
	fixture "$verb" || return 1
	# shellcheck disable=SC2046
	strace -qq -o "$base" "$REAL_AO" $(words "$verb") >/dev/null 2>&1 </dev/null || { echo "the undisturbed $verb fails" >&2; return 1; }
	settle_down
	# until the last library is mapped nothing of ours has run; /proc, /usr and /dev are no state
	awk -v verb="$verb" -v share="$share" -v relevant="^($relevant)\$" '
		function emit(c, n, m) { print verb, c, n, m, c == "openat" ? looks : "" }
		function third(c, n, m) { if (++waited % 3 == 0) emit(c, n, m) }
		function some(c, n, m) { if (++looked % share == 0) emit(c, n, m) }
		{
			call = $0; sub(/\(.*/, "", call); count[call]++
			line[NR] = $0; name[NR] = call; nth[NR] = count[call]
			if ($0 ~ /openat\(.*"\/proc\//) looks++
			if ($0 ~ /openat\(.*\.so[.0-9]*", O_RDONLY/) begun = NR
			# which descriptors stand for something that is no state
			if (call == "openat" && match($0, /= [0-9]+$/))
				dull[substr($0, RSTART + 2)] = $0 ~ /"\/(usr|etc|sys|proc|dev\/([^s]|s[^h]))/
			if (call ~ /^(read|getdents64)$/ && match($0, /\([0-9]+/))
				skip[NR] = dull[substr($0, RSTART + 1, RLENGTH - 1)]
		}
		END {
			for (i = begun + 1; i <= NR; i++) {
				c = name[i]; n = nth[i]
				if (skip[i] || c !~ relevant || line[i] ~ /"\/(usr|etc|sys|proc|dev\/([^s]|s[^h]))/) continue
				reading = (c ~ /^open/ && line[i] !~ /O_(WRONLY|RDWR)/) || c ~ /^(read|getdents64|newfstatat)$/
				if (c == "fcntl" && line[i] !~ /LK/) continue
				if (c == "newfstatat") continue
				# all of what changes the world or stands beside a running child …
				if (c ~ /^(poll|fcntl|wait4)$/) third(c, n, "signal=KILL")
				else if (!reading && c !~ /^(pipe2|ftruncate)$/) emit(c, n, "signal=KILL")
				if (c ~ /^(write|pwrite64|mkdir|mkdirat|rename.*|ftruncate)$/) {
					emit(c, n, "error=ENOSPC"); emit(c, n, "error=EIO")
				}
				else if (c ~ /^(fsync|fdatasync|unlink|unlinkat|rmdir)$/) emit(c, n, "error=EIO")
				else if (c ~ /^(vfork|clone|clone3)$/) emit(c, n, "error=EAGAIN")
				else if (c ~ /^open/ && !reading) emit(c, n, "error=ENOSPC")
				# … and a share of what only looks (-s)
				if (c ~ /^(fcntl|flock)$/) { some(c, n, "error=ENOLCK"); some(c, n, "error=EINTR") }
				else if (c ~ /^open/) { some(c, n, "error=EIO"); some(c, n, "error=EMFILE") }
				else if (c ~ /^(pipe2|pidfd_open)$/) some(c, n, "error=EMFILE")
				else if (c ~ /^(poll|ppoll|wait4|waitid|read|write)$/) some(c, n, "error=EINTR")
				if (c ~ /^(read|getdents64)$/) some(c, n, "error=EIO")
			}
		}' "$base"
	[ -z "$mutant" ] || return 0
	# the calls of git and tmux, by a run that only counts
	local calls k mode
	fixture "$verb" || return 1
	rm -rf "$BOX/stub" && mkdir "$BOX/stub"
	ln -s "$here/stub" "$BOX/stub/git"
	ln -s "$here/stub" "$BOX/stub/tmux"
	# shellcheck disable=SC2046
	STUB_DIR=$BOX/stub STUB_AT=0 STUB_MODE=count PATH=$BOX/stub:$PATH "$REAL_AO" $(words "$verb") >/dev/null 2>&1 </dev/null
	calls=$(wc -l <"$BOX/stub/calls")
	settle_down
	for k in $(seq "$calls"); do
		for mode in fail then-fail half noise hang; do
			echo "$verb stub $k $mode"
		done
	done
}

work() { # N: every workers-th point, in a place of its own
	local n=$1 verb call k mode looks result
	place "$tops/$n"
	prepare "$tops/$n" || { echo "BAD prepare $n"; return; }
	cd "$BOX" || return
	while read -r verb call k mode looks; do
		[ ! -e "$tops/stop" ] || break
		result=$(point "$verb" "$call" "$k" "$mode" "$looks")
		echo "$result"
		case $result in BAD*) [ -z "$first_bad" ] || touch "$tops/stop" ;; esac
	done < <(awk -v n="$n" -v w="$workers" 'NR % w == n' "$tops/points")
	settle_down
}

tops=$(mktemp -d "${TMPDIR:-/tmp}/aosw.XXXXXX")
began=$SECONDS
# shellcheck disable=SC2154
trap 'for d in "$tops"/[0-9]*; do place "$d"; settle_down; done; rm -rf "$tops"' EXIT
place "$tops/0"
prepare "$tops/0" || { echo "sweep: the fixtures could not be made"; echo "0 passed, 1 failed"; exit 1; }
for verb in $verbs; do
	# most of cleanup is kill again: half of it; of the clones what other workspaces have not gone through
	case $verb in cleanup) half=2 ;; *-clone) half=16 ;; *) half=1 ;; esac
	[ "$share" != 1 ] && [ -z "$mutant" ] || half=1
	points "$verb" | awk -v h="$half" 'NR % h == 0' >>"$tops/all" || { echo "sweep: no baseline of $verb"; echo "0 passed, 1 failed"; exit 1; }
done
rm -rf "$tops/0"
awk -v e="$every" 'NR % e == 0' "$tops/all" >"$tops/points"
[ -z "$first_bad" ] || shuf --random-source=<(yes ao) -o "$tops/points" "$tops/points"
for n in $(seq 0 $((workers - 1))); do
	work "$n" >"$tops/results.$n" 2>"$tops/errors.$n" &
done
wait
cat "$tops"/results.* >"$tops/results"
cat "$tops"/errors.* | grep -v '^$' | sort | uniq -c | sort -rn | head -5
grep '^BAD' "$tops/results"
[ -z "${SWEEP_DETAILS:-}" ] || cp "$tops/details" "$SWEEP_DETAILS" 2>/dev/null
passed=$(grep -c '^OK' "$tops/results")
failed=$(grep -c '^BAD' "$tops/results")
missed=$(grep -c '^MISS' "$tops/results")
total=$(wc -l <"$tops/points")
for verb in $verbs; do
	echo "sweep $verb: $(grep -cE "^(OK|BAD) $verb " "$tops/results") points, $(grep -cE "^BAD $verb " "$tops/results") bad"
done
echo "sweep: $((passed + failed)) points hit of $total ($missed not reached) in $((SECONDS - began)) s"
if [ -z "$first_bad" ] && { [ "$missed" -gt $((total / 10 + 3)) ] || [ $((passed + failed)) = 0 ]; }; then
	echo "BAD sweep: too many points were not reached: $(sed -n 's/^MISS //p' "$tops/results" | head -12 | paste -sd';')"
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
