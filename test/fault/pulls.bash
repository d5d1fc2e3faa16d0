# shellcheck shell=bash
# Pull requests, issues and polls for the fault tests: their homes, and what must hold of them (fault.bash
# has what must hold of sessions).

pulls() { echo "$REPO/.git/ao/pulls"; }
repo_main() { git -C "$REPO" rev-parse main; }
messages_seen() { grep -c '^check: test$' "$STANDIN_LOG/fe-1.log" 2>/dev/null; }

# The home gets checks, and a notifier that writes down whatever it is told.
plant_forge() {
	# shellcheck disable=SC2016 # for sh
	sed -i '/^  app: /s|}$|, checks: {test: "echo $$ >>$HOME/log/checks; sleep 0.05; grep -q good new", lint: "true"}}|' \
		"$HOME/.agent-orchestrator.yaml"
	cat >>"$HOME/.agent-orchestrator.yaml" <<-'Y'
		notifiers:
		  me: {plugin: command, command: [sh, -c, 'echo "$AO_NOTIFY_EVENT $AO_NOTIFY_ID" >>"$HOME/log/notices"']}
		notificationRouting: {urgent: [me], action: [me], warning: [me], info: [me]}
		reactions: {changes-requested: {action: notify}}
	Y
}
commit_in() { # SESSION FILE TEXT
	echo "$3" >"$TREES/$1/$2" && git -C "$TREES/$1" add "$2" && git -C "$TREES/$1" commit -q -m "Add $2"
}
# From the home `dead`: with an issue; with a commit; with a pull request of it; checked and commented; approved; and one
# with a red check and a review that asks for changes.
prepare_pulls() {
	renew dead
	plant_forge
	cp -a "$HOME" "$BOX/forge"
	commit_in fe-1 new good
	cp -a "$HOME" "$BOX/branch"
	ao pr create fe-1 --no-checks >/dev/null || return
	cp -a "$HOME" "$BOX/open"
	ao pr checks fe-1 >/dev/null || return
	ao pr review fe-1 --comment -m "first words" >/dev/null || return
	cp -a "$HOME" "$BOX/green"
	ao pr review fe-1 --approve >/dev/null || return
	cp -a "$HOME" "$BOX/approved"
	renew forge
	ao issue create -p app words >/dev/null || return
	cp -a "$HOME" "$BOX/issue"
	commit_in fe-1 new poor
	ao pr create fe-1 --no-checks >/dev/null && ao pr checks fe-1 >/dev/null
	ao pr review fe-1 --request-changes -m words --at new:1 >/dev/null || return
	cp -a "$HOME" "$BOX/red"
}
# The agent waits for what comes next.
wait_idle() {
	local i
	for i in $(seq 1000); do
		tail -n 1 "$DATA/fe-1/signals" 2>/dev/null | grep -q ' stop ' && return 0
		sleep 0.02
	done
	return 1
}

# Polls until nothing is left to do.
poll_out() {
	local end=$((SECONDS + 120))
	until [ $SECONDS -gt $end ]; do
		wait_idle || { echo "the agent is never idle: $(tail -n 2 "$DATA/fe-1/signals" | cut -c1-60)"; return; }
		ao poll >"$BOX/poll" 2>&1 && [ ! -s "$BOX/poll" ] && return 0
		sleep 0.02
	done
	echo "two minutes of polls, and still: $(tail -1 "$BOX/poll")"
}

# ---- what must hold, also right behind a crash and `doctor --fix`

check_pulls() { # OLD-MAIN
	local n folder there='' listed pull merged=''
	for folder in "$(pulls)"/[0-9]*/; do
		n=$(basename "$folder")
		[ -e "$folder/pull" ] || continue # a create that died: its number is burnt
		there+="$n "
		git -C "$REPO" rev-parse -q --verify "refs/ao/pull/$n/head" >/dev/null || echo "#$n has no ref"
		grep -q '^state=merged' "$folder/pull" && merged+="$n "
		[ ! -e "$folder/remarks" ] || grep -q '^1.text=' "$folder/remarks" || echo "LOST: the first remark on #$n"
		! grep -q '^doing=' "$folder/pull" || echo "#$n is left half merged"
	done
	listed=$(ao pr ls -a -p app --json 2>"$BOX/pr.err" | jq -r 'sort_by(.number)[].number' | tr '\n' ' ')
	[ "$listed" = "$there" ] || echo "pr ls shows ${listed:-none}, there are ${there:-none}: $(tail -1 "$BOX/pr.err")"
	[ ! -s "$BOX/pr.err" ] || echo "pr ls: $(tail -1 "$BOX/pr.err")"
	pull=$(field fe-1 pr)
	case $pull in
	'') ;;
	"local:app#"*) [ -e "$(pulls)/${pull##*#}/pull" ] || echo "fe-1 names $pull, which is not there" ;;
	*) echo "fe-1 names $pull" ;;
	esac
	check_main "$1" "$merged"
	[ -z "$(find "$HOME/.agent-orchestrator/checks" -mindepth 1 2>/dev/null)" ] || echo "a worktree of checks is left"
}
checks_running() {
	local pid
	while read -r pid; do
		! grep -qzxF "HOME=$HOME" "/proc/$pid/environ" 2>/dev/null || echo "check $pid runs on"
	done < <(cat "$HOME/log/checks" 2>/dev/null)
}
# Those of an ao that was killed end by themselves, and until then nobody starts them again.
checks_end() {
	for _ in $(seq 500); do
		[ -n "$(checks_running)" ] || return 0
		sleep 0.02
	done
	checks_running
}
# main is what it was, or holds exactly what was merged; what has it checked out is in step.
check_main() { # OLD MERGED
	if [ "$(repo_main)" = "$1" ]; then
		[ -z "$2" ] || echo "#$2 is said to be merged, and main is where it was"
	elif [ "$(git -C "$REPO" rev-parse main^)" != "$1" ]; then
		echo "main is $(git -C "$REPO" rev-list --count "$1..main") commits further"
	elif [ "$(git -C "$REPO" diff --name-only "$1" main)" != new ]; then
		echo "main has other files than were merged"
	elif [ -z "$2" ]; then
		echo "main has moved, and nothing says that it was merged"
	fi
	[ -z "$(git -C "$REPO" status --porcelain)" ] ||
		echo "the checkout is not in step: $(git -C "$REPO" status --porcelain | paste -sd' ')"
}
check_issues() {
	local there listed
	there=$(find "$REPO/.git/ao/issues" -name '[1-9]*' -printf '%f\n' | sort -n | tr '\n' ' ')
	listed=$(ao issue ls --all -p app --json 2>"$BOX/issue.err" | jq -r '[.[].id | tonumber] | sort[]' | tr '\n' ' ')
	[ "$listed" = "$there" ] || echo "issue ls shows ${listed:-none}, there are ${there:-none}: $(tail -1 "$BOX/issue.err")"
	[ ! -s "$BOX/issue.err" ] || echo "issue ls: $(tail -1 "$BOX/issue.err")"
	grep -q '^title=words$' "$REPO/.git/ao/issues/1" || echo "LOST: the first issue"
}
# Behind the last poll: the message once, or said to be unconfirmed; people told once, or said to be unsure.
check_told() {
	local n state told id told_log=$HOME/log/notices
	n=$(messages_seen)
	[ "$n" -le 1 ] || echo "DOUBLE: the agent has the message $n times"
	if [ "$n" = 0 ] && ! grep -qE '^ci-failed .*/notify-trouble/' "$told_log" 2>/dev/null; then
		echo "LOST: the agent has no message, and nobody was told"
	fi
	for n in "$DATA"/fe-1/outbox/[0-9]*; do
		state=$(sed -n 's/^state=//p' "$n" 2>/dev/null)
		case $state in
		accepted | answered | unconfirmed | failed | withdrawn) ;;
		*) echo "message $(basename "$n") is ${state:-no message}" ;;
		esac
	done
	while read -r told id; do
		[ "$told" = 1 ] || grep -q "not told: " "$BOX/out" || echo "DOUBLE: notice $id was told $told times"
	done < <(sort "$told_log" 2>/dev/null | uniq -c)
	grep -q '^changes-requested ' "$told_log" 2>/dev/null ||
		ao events --json | jq -se 'any(.[]; .event == "changes-requested" and (.decision == "unsure" or .told == false))' >/dev/null ||
		echo "LOST: nobody was told of the review, and nothing says so"
}
