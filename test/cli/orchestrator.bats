#!/usr/bin/env bats
# The orchestrator: an agent in the main checkout that gives work to others, of which nothing is ever taken away.
load box

# The main checkout with work that nobody committed; its picture must not change.
setup() {
	box_open
	echo edit >>"$REPO/README"
	echo mine >"$REPO/untracked"
	echo staged >"$REPO/staged"
	git -C "$REPO" add staged
	CHECKOUT=$(checkout)
}
checkout() {
	git -C "$REPO" for-each-ref
	git -C "$REPO" worktree list
	files
}
files() {
	git -C "$REPO" status --porcelain
	find "$REPO" -path "$REPO/.git" -prune -o -type f -print0 | sort -z | xargs -0 md5sum
}
untouched() { diff <(echo "$CHECKOUT") <(checkout); }
died() { tmux kill-session -t =fe-orchestrator && wait_for 10 is fe-orchestrator activity exited; }

@test "one per project, in the main checkout; one that runs stays, one that ended goes on, one that was killed is new" {
	FRONTEND='orchestratorRules: Ask before you spawn.
preDestroy: ["touch $HOME/destroyed"]
postCreate: ["touch $HOME/created"]' box_config
	expect 0 ao orchestrator frontend
	[ "$output" = "✓ Orchestrator fe-orchestrator started.
  Checkout: $REPO
  Attach:   tmux attach -t fe-orchestrator" ]
	in_tmux fe-orchestrator
	wait_for 10 heard fe-orchestrator "You are the orchestrator of the project Frontend."
	heard fe-orchestrator "Ask before you spawn."
	[ "$(readlink "/proc/$(pgrep -f 'standin.*You are the orch' | head -1)/cwd")" = "$REPO" ]
	ready fe-orchestrator
	expect 0 ao orchestrator frontend
	has "is running"
	expect 0 ao send fe-orchestrator "what is there to do?"
	heard fe-orchestrator "what is there to do?"
	died
	expect 0 ao orchestrator frontend --json
	[ "$(jq -c '[.name, .project, .how]' <<<"$output")" = '["fe-orchestrator","frontend","restored"]' ]
	ready fe-orchestrator
	expect 0 ao session kill fe-orchestrator
	has "✓ Session fe-orchestrator killed."
	lacks Saved
	run ! in_tmux fe-orchestrator
	expect 0 ao session ls
	lacks fe-orchestrator
	expect 6 ao session undelete fe-orchestrator
	errs "ao orchestrator frontend starts a new one"
	expect 6 ao session restore fe-orchestrator
	expect 0 ao session kill fe-orchestrator
	expect 0 ao orchestrator -p frontend
	has started
	expect 0 ao session kill --now fe-orchestrator
	[ ! -e "$HOME/created" ]
	[ ! -e "$HOME/destroyed" ]
	[ -z "$(trash fe-orchestrator)" ]
	untouched
}

@test "it is no session among others: no limit, no cleanup, no end of all, no pull request" {
	EXTRA='limits: {maxSessions: 1}
notifiers: {log: {plugin: command, command: [sh, -c, "echo $AO_NOTIFY_EVENT >>$HOME/notices"]}}
notificationRouting: {info: [log]}' box_config
	ao orchestrator frontend >/dev/null
	ready fe-orchestrator
	spawn frontend 1 # not queued
	expect 0 ao status
	has "  Orchestrator: fe-orchestrator  "
	has "  1 active session across 2 projects · 1 orchestrator"
	expect 0 ao status --json
	[ "$(jq -c 'map([.name, .role, .branch])' <<<"$output")" = \
		'[["fe-1","worker","feat/1"],["fe-orchestrator","orchestrator",null]]' ]
	expect 1 ao pr create fe-orchestrator
	errs "has no branch"
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	expect 0 ao poll
	grep -qx all-complete "$HOME/notices"
	ao session kill fe-1 >/dev/null
	died
	expect 0 ao session cleanup
	lacks fe-orchestrator
	expect 0 ao session restore --all
	has fe-orchestrator
	ready fe-orchestrator
	spawn frontend 2 # its number is none of theirs
	[ -d "$TREES/fe-2" ]
	expect 0 ao doctor
	[[ $CHECKOUT == *"$(files)" ]]
}

@test "whatever becomes of its record, nothing of the main checkout is taken away" {
	local change
	for change in '/^workspace=/d' 's/^workspace=.*/workspace=worktree/' '/^workspace/d' 's/^status=.*/status=merged/' '/^repo=/d'; do
		ao orchestrator frontend >/dev/null
		ready fe-orchestrator
		sed -i "$change" "$DATA/fe-orchestrator/metadata"
		expect 0 ao session cleanup
		expect 0 ao session kill fe-orchestrator
		expect 0 ao doctor --fix
		untouched
	done
}

@test "what an earlier one waited for is not waited for by a new one" {
	ao orchestrator frontend >/dev/null
	ready fe-orchestrator
	ao session kill fe-orchestrator
	echo 'limitedUntil=2099-01-01T00:00:00Z' >>"$DATA/fe-orchestrator/metadata"
	expect 0 ao orchestrator frontend
	ready fe-orchestrator
	[ -z "$(field fe-orchestrator limitedUntil)" ]
	ao session kill --now fe-orchestrator
	untouched
}

@test "a prefix as long as they may be: it is started, and is told something" {
	local prefix
	prefix=$(printf 'p%.0s' {1..50})
	sed -i "s/^\( *sessionPrefix:\) fe$/\1 $prefix/" "$CONFIG"
	expect 0 ao orchestrator frontend
	ready "$prefix-orchestrator"
	expect 0 ao send "$prefix-orchestrator" 'what is there to do?'
	heard "$prefix-orchestrator" 'what is there to do?'
	ao session kill --now "$prefix-orchestrator"
	untouched
}

@test "an agent that is not there, a name that is a stranger's: told, and nothing is left" {
	expect 4 ao orchestrator nowhere
	expect 4 ao orchestrator frontend --agent no-such-agent
	[ ! -e "$DATA/fe-orchestrator/metadata" ]
	tmux new-session -d -s fe-orchestrator 'sleep 1000'
	expect 6 ao orchestrator frontend
	tmux kill-session -t =fe-orchestrator
	expect 0 ao session ls
	lacks fe-orchestrator
	expect 0 ao orchestrator frontend
	ao session kill --now fe-orchestrator
	untouched
}

@test "killed at each file that it replaces: the next one finishes or takes back, and the checkout stays" {
	local n
	strace -qq -o /dev/null true 2>/dev/null || skip "no strace here"
	for n in $(seq 30); do
		strace -qq -o "$BOX/trace" -e trace=rename -e inject="rename:signal=KILL:when=$n" ao orchestrator frontend \
			>/dev/null 2>&1 || true
		expect 0 ao orchestrator frontend
		[ "$(tmux list-sessions -F '#S' | grep -cx fe-orchestrator)" = 1 ]
		strace -qq -o "$BOX/trace2" -e trace=rename -e inject="rename:signal=KILL:when=$n" ao session kill --now fe-orchestrator \
			>/dev/null 2>&1 || true
		expect 0 ao session kill --now fe-orchestrator
		untouched
		grep -q 'killed by SIGKILL' "$BOX/trace" "$BOX/trace2" || return 0
	done
	return 1
}

@test "ao start --orchestrator: the daemon, and the orchestrators of the projects named" {
	expect 0 ao start frontend backend --orchestrator --json
	[ "$(jq -c '.orchestrators | map(.name)' <<<"$output")" = '["fe-orchestrator","api-orchestrator"]' ]
	expect 0 ao start frontend --orchestrator
	has "✓ Orchestrator fe-orchestrator is running."
	has "✓ Daemon already runs"
	expect 0 ao stop
	in_tmux fe-orchestrator
	in_tmux api-orchestrator
	ao session kill --now fe-orchestrator api-orchestrator
	untouched
}
