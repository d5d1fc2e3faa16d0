#!/usr/bin/env bats
load box

notifiers() { # YAML at the top level
	EXTRA=$1 box_config
}

# The services, on loopback: HOOKS is where, `heard FILTER` what they were sent.
hooks_start() {
	command -v node >/dev/null || skip "no node on PATH"
	mkdir "$BOX/hooks"
	node "$BATS_TEST_DIRNAME/../fake-hooks/server.mjs" "$BOX/hooks" >"$BOX/hooks/said" 2>&1 3>&- &
	HOOKS_PID=$!
	wait_for 30 test -e "$BOX/hooks/ready"
	HOOKS=http://127.0.0.1:$(<"$BOX/hooks/ready")
}
heard() { jq -r "$1" "$BOX/hooks/log"; }
teardown() {
	[ -z "${HOOKS_PID:-}" ] || { kill "$HOOKS_PID"; wait "$HOOKS_PID" || true; }
	box_close
}

@test "notify test: all that are configured, or those named" {
	notifiers "notifiers:
  good: {plugin: command, command: [sh, -c, 'cat >>\"\$HOME/in\"']}
  bad: {plugin: command, command: [sh, -c, 'echo no such channel >&2; exit 1']}
  team: {plugin: slack, webhookUrl: '\${NO_SUCH_HOOK}'}
notificationRouting: {urgent: [good, bad, team]}"
	expect 1 ao notify test
	[ "$output" = "✓ good
✗ bad: sh: no such channel
✗ team: webhookUrl: NO_SUCH_HOOK is not set in the environment
✗ desktop: no desktop session here (no D-Bus at $BOX/bus)" ]
	[ "$(jq -r .event "$HOME/in")" = test ]
	expect 0 ao notify test good
	[ "$(jq -s length "$HOME/in")" = 2 ]
	expect 1 ao notify test bad good --json
	[ "$(jq -c 'map([.name, .told, .why])' <<<"$output")" = \
		'[["bad",false,"sh: no such channel"],["good",true,null]]' ]
	expect 4 ao notify test good goood
	errs "no notifier 'goood' (did you mean 'good'?)"
	[ "$(jq -s length "$HOME/in")" = 3 ]
	expect 0 ao events --json
	[ "$(jq -c 'select(.type == "notify") | [.told, (.failed | length)]' <<<"$output")" = '[["good"],3]
[["good"],0]
[["good"],1]' ]
	[ "$(ao __complete notify test good '' | paste -sd' ')" = "bad team desktop" ]
}

@test "what cannot tell is said by config check and doctor, and nothing is sent" {
	notifiers "notifiers:
  me: {plugin: command, command: [touch, told]}
  gone: {plugin: command, command: [./gone.sh]}
  team: {plugin: slack, webhookUrl: '\${NO_SUCH_HOOK}'}
  pager: {plugin: pagr}
  place: {plugin: ntfy, topicFile: none}"
	expect 0 ao config check
	errs "notifier team tells nobody: webhookUrl: NO_SUCH_HOOK is not set in the environment"
	errs "notifier pager tells nobody: no notifier plugin 'pagr': no program ao-notifier-pagr on PATH (did you mean 'pager'?)"
	expect 1 ao doctor
	has "✓ notifier me: usable"
	has "✗ notifier gone: no program '$HOME/gone.sh' there"
	has "✗ notifier team: webhookUrl: NO_SUCH_HOOK is not set"
	has "✗ notifier place: topicFile: $HOME/none: no such file"
	has "! notifier desktop: no desktop session here (no D-Bus at $BOX/bus); it is off, as nobody configured it"
	[ ! -e "$HOME/told" ]
	notifiers "notificationRouting: {info: [desktop]}"
	expect 1 ao doctor
	has "✗ notifier desktop: no desktop session here"
	box_config # by default, on a machine without a desktop: no problem
	expect 0 ao doctor
}

@test "an untrusted configuration starts no notifier" {
	git init -q -b main "$HOME/shared"
	notifiers "notifiers: {me: {plugin: command, command: [touch, told]}}"
	mv "$CONFIG" "$HOME/shared/agent-orchestrator.yaml"
	git -C "$HOME/shared" add -A
	cd "$HOME/shared" || return
	expect 1 ao notify test me
	has "ao trust"
	[ ! -e told ]
	expect 0 ao trust
	has notifiers.me.command
	expect 0 ao notify test me
	[ -e told ]
}

@test "slack, discord, ntfy and a signed webhook take what they are sent; their secrets are in no output, argv or file of ours" {
	hooks_start
	printf 'a secret\n' >"$HOME/key"
	export TEAM_HOOK=$HOOKS/slack NTFY_TOKEN=tk_AgQdq7mVBoFD
	notifiers "notifiers:
  team: {plugin: slack, webhookUrl: '\${TEAM_HOOK}'}
  guild: {plugin: discord, webhookUrl: $HOOKS/discord}
  phone: {plugin: ntfy, url: $HOOKS, topic: averysecrettopic, token: '\${NTFY_TOKEN}'}
  mine: {plugin: webhook, url: $HOOKS/signed, secretFile: key}
  wrong: {plugin: webhook, url: $HOOKS/signed, secret: averysecretkey}"
	strace -f -qq -s 9999 -e trace=execve -o "$BOX/strace" true 2>/dev/null || touch "$BOX/no-strace"
	if [ -e "$BOX/no-strace" ]; then
		expect 1 ao notify test team guild phone mine wrong
	else
		expect 1 strace -f -qq -s 9999 -e trace=execve -o "$BOX/strace" "$(command -v ao)" notify test team guild phone mine wrong
	fi
	[ "$output" = "✓ team
✓ guild
✓ phone
✓ mine
✗ wrong: ${HOOKS#http://} does not let us in (status 401): the token may not, or is none: bad signature" ]
	[ -e "$BOX/no-strace" ] || run ! grep -E 'averysecret|tk_AgQ|"[^"]*/slack' "$BOX/strace"
	[ "$(heard '[.path, .status] | join(" ")' | sort | paste -sd,)" = "/ 200,/discord 204,/signed 202,/signed 401,/slack 200" ]
	[ "$(heard 'select(.path == "/") | .headers.authorization')" = "Bearer tk_AgQdq7mVBoFD" ]
	[ "$(heard 'select(.status == 202) | .body.event')" = test ]
	run ! grep -rE 'averysecret|tk_AgQ|a secret' "$HOME/.agent-orchestrator"
	expect 0 ao config show
	has 'notifiers.phone.topic'
	has '(hidden)'
	lacks averysecret
	lacks tk_AgQ
	lacks "$HOOKS/slack"
	expect 0 ao config show --json
	lacks averysecret
}

@test "a pass under cron: neither an unset variable nor a program that is not on PATH is in its way" {
	mkdir "$HOME/bin"
	printf '#!/bin/sh\ncat >"$HOME/paged"\n' >"$HOME/bin/ao-notifier-pager"
	chmod +x "$HOME/bin/ao-notifier-pager"
	notifiers "notifiers:
  team: {plugin: slack, webhookUrl: '\${TEAM_HOOK}'}
  say: {plugin: command, command: [/bin/sh, -c, 'cat >>\"\$HOME/in\"']}
defaults: {agent: standin, notifiers: [pager, team, say]}"
	sed -i '0,/^defaults: /{/^defaults: /d}' "$CONFIG"
	PATH=$HOME/bin:$PATH spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	expect 0 env -i HOME="$HOME" PATH=/usr/bin:/bin TMUX_TMPDIR="$TMUX_TMPDIR" "$(command -v ao)" poll
	errs "not told: pager: no notifier plugin 'pager': no program ao-notifier-pager on PATH"
	errs "not told: team: webhookUrl: TEAM_HOOK is not set in the environment"
	has "agent-exited: told (urgent)"
	[ "$(jq -rs '.[0].event' "$HOME/in")" = agent-exited ]
	[ ! -e "$HOME/paged" ]
}

@test "nobody configured a notifier, and there is no desktop: silence, and nothing is tried again" {
	spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	expect 0 ao poll
	has "agent-exited: there is nobody to tell (urgent)"
	[ -z "$stderr" ]
	expect 0 ao poll
	[ -z "$output$stderr" ]
}

@test "of an untrusted configuration nothing leaves the machine, but to where the user's own variable points" {
	hooks_start
	export TEAM_HOOK=$HOOKS/slack
	git init -q -b main "$HOME/shared"
	notifiers "notifiers:
  team: {plugin: slack, webhookUrl: '\${TEAM_HOOK}'}
  evil: {plugin: ntfy, url: $HOOKS, topic: mine, token: '\${HOME}'}"
	mv "$CONFIG" "$HOME/shared/agent-orchestrator.yaml"
	git -C "$HOME/shared" add -A
	cd "$HOME/shared" || return
	expect 1 ao notify test team evil
	has "✓ team"
	has "ao trust"
	[ "$(heard .path)" = /slack ]
	expect 0 ao trust
	has notifiers.evil.token
	expect 0 ao notify test evil
}

@test "a service that hangs, fails or breaks off holds up no other; a poll that is killed meanwhile repeats nothing" {
	local pid
	hooks_start
	notifiers "notifiers:
  hangs: {plugin: slack, webhookUrl: '$HOOKS/slack?slow'}
  fails: {plugin: discord, webhookUrl: '$HOOKS/discord?fail'}
  breaks: {plugin: ntfy, url: '$HOOKS/?lost', topic: x}
  say: {plugin: command, command: [/bin/sh, -c, 'cat >>\"\$HOME/in\"']}
notificationRouting: {urgent: [hangs], action: [hangs, fails, breaks, say], info: [hangs, fails, breaks, say]}"
	expect 1 ao notify test hangs fails breaks say
	has "✗ hangs: ${HOOKS#http://}: no answer in time"
	has "✗ fails: ${HOOKS#http://} has trouble of its own (status 500)"
	has "✗ breaks: ${HOOKS#http://} cannot be reached"
	has "✓ say"
	spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	: >"$BOX/hooks/log"
	ao poll >/dev/null 2>&1 &
	pid=$!
	wait_for 30 grep -q agent-exited "$BOX/hooks/log"
	wait_for 30 grep -q all-complete "$HOME/in" # it is told beside, not behind
	kill -0 "$pid"
	kill -9 "$pid"
	wait "$pid" || true
	expect 0 ao poll
	has "agent-exited: a poll died while it told of it; whether anybody heard is not known"
	has "all-complete: a poll died while it told of it; whether anybody heard is not known"
	expect 0 ao poll
	[ -z "$output" ]
	[ "$(heard 'select(.path | test("slack")) | .body.blocks[1].elements[0].text' | grep -c agent-exited)" = 1 ]
	run ! grep -q all-complete <(heard "select(.path | test(\"slack\")) | .body.blocks[1].elements[0].text") # it hung, so it was not asked again
	[ "$(jq -r .event "$HOME/in" | grep -c all-complete)" = 1 ]
}
