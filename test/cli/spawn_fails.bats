#!/usr/bin/env bats
load box

# Under load its start may take longer than spawn looks; then the session is there and tells.
@test "an agent that ends at once with an error: everything is taken back, exit 1" {
	printf '#!/bin/sh\nexit 3\n' >"$BOX/broken"
	chmod +x "$BOX/broken"
	AGENT=$BOX/broken box_config
	run --separate-stderr ao spawn frontend 42
	if [ "$status" = 0 ]; then
		wait_for 10 is fe-1 status errored
		return
	fi
	[ "$status" = 1 ]
	errs "exit code 3"
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	[ "$(field fe-1 status)" = errored ]
	gone_from_tmux fe-1
	expect 0 ao doctor
}

shows() { ao session show "$1" --json | jq -r '.lastWords[]' | grep -qxF -- "$2"; } # SESSION LINE

@test "the last words of an agent that ends at once: in the error and in session show, as safe text" {
	cat >"$BOX/broken" <<-'S'
		#!/bin/sh
		printf 'one\ntwo\n'
		printf 'cannot \033]0;evil\007log in:\n\n  run \033[31mbroken login\033[0m\n' >&2
		exit 3
	S
	chmod +x "$BOX/broken"
	for runtime in tmux process; do
		AGENT=$BOX/broken FRONTEND="runtime: $runtime" box_config
		run --separate-stderr ao spawn frontend
		id=$(basename "$(ls -dt "$DATA"/fe-* | head -1)")
		wait_for 10 is "$id" status errored
		if [ "$status" = 1 ]; then
			[ "${stderr##*$'\n'}" = "ao: the agent of $id ended at once with exit code 3: two / cannot log in: / run broken login (more: ao session show)" ]
		fi
		shows "$id" "cannot log in:"
		shows "$id" "  run broken login"
		shows "$id" "one"
		expect 0 ao session show "$id"
		has "What its agent showed last:"
	done
}

@test "an agent that fails later leaves its last words, one that is ended or runs again none" {
	spawn frontend 1
	expect 0 ao session show fe-1
	lacks "showed last"
	tmux send-keys -t =fe-1: 'run: echo no more credits; kill -9 $PPID' Enter
	wait_for 10 is fe-1 activity exited
	ao session show fe-1 --json | jq -r '.lastWords[]' | grep -F 'no more credits'
	[ "$(stat -c %a "$DATA/fe-1/screen")" = 600 ]
	expect 0 ao session restore fe-1
	[ ! -e "$DATA/fe-1/screen" ]
	expect 0 ao session kill fe-1
	[ ! -e "$DATA/fe-1/screen" ]
}

without_tmux() { # COMMAND…
	mkdir -p "$BOX/no-tmux"
	for p in ao standin git sh; do ln -sf "$(command -v $p)" "$BOX/no-tmux/$p"; done
	timeout 20 env PATH="$BOX/no-tmux" "$@"
}

@test "no tmux on PATH: said before anything is made or waited for, exit 1" {
	spawn frontend 1
	for words in 'spawn frontend 2' 'orchestrator frontend' 'send fe-1 hello' 'send fe-1 --answer yes'; do
		# shellcheck disable=SC2086 # words
		expect 1 without_tmux "$AO_BUILD/ao" $words
		[ "$stderr" = "ao: no program 'tmux' on PATH: install it, or start sessions with runtime: process" ]
	done
	[ "$(echo "$DATA"/*/)" = "$DATA/fe-1/" ]
	tmux kill-server
	wait_for 8 is fe-1 activity exited
	expect 1 without_tmux "$AO_BUILD/ao" session restore fe-1
	errs "no program 'tmux' on PATH"
	expect 0 ao session restore fe-1
}

@test "a place where no worktree can be made: no branch stays behind, nor a session to mend" {
	touch "$BOX/file"
	for place in /proc/trees "$BOX/file"; do
		box_config
		printf 'worktreeDir: %s\n' "$place" >>"$CONFIG"
		expect 1 ao spawn frontend 42
		errs "could not create leading directories"
		[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	done
	box_config
	expect 0 ao doctor
	spawn frontend 42
	[ "$(field fe-3 branch)" = feat/42 ]
}

# tmux whose client dies, and which makes the session all the same, a moment later.
late_tmux() {
	mkdir "$BOX/late"
	cat >"$BOX/late/tmux" <<-S
		#!/bin/bash
		PATH=\${PATH#$BOX/late:}
		case " \$* " in
		*" new-session "*)
			(sleep 0.3; exec tmux "\$@") >/dev/null 2>&1 </dev/null &
			kill -9 \$\$
			;;
		esac
		exec tmux "\$@"
	S
	chmod +x "$BOX/late/tmux"
}

no_agent() { ! survivors | xargs -r ps -o comm= -p | grep -E "ao-run|standin"; }
@test "tmux makes the session when its spawn is being taken back: no agent is left that no record knows" {
	late_tmux
	expect 1 env PATH="$BOX/late:$PATH" strace -qq -o "$BOX/trace" -P "$DATA/fe-1/launch" -e trace=unlink \
		-e inject=unlink:delay_enter=1000000 "$AO_BUILD/ao" spawn frontend
	grep -q 'DELAYED' "$BOX/trace"
	[ "$(field fe-1 status)" = errored ]
	gone_from_tmux fe-1
	wait_for 10 no_agent
	[ ! -e "$TREES/fe-1" ]
	[ ! -e "$DATA/fe-1/launch" ]
	expect 0 ao doctor
}
