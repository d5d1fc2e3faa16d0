#!/usr/bin/env bats
load box

notifiers() { # YAML at the top level
	EXTRA=$1 box_config
}

@test "notify test: all that are configured, or those named" {
	notifiers "notifiers:
  good: {plugin: command, command: [sh, -c, 'cat >>\"\$HOME/in\"']}
  bad: {plugin: command, command: [sh, -c, 'echo no such channel >&2; exit 1']}
  team: {plugin: slack, webhookUrl: x}
notificationRouting: {urgent: [good, bad, team]}"
	expect 1 ao notify test
	[ "$output" = "✓ good
✗ bad: sh: no such channel
✗ team: the notifier plugin 'slack' is not there yet
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
  team: {plugin: slack, webhookUrl: x}"
	expect 0 ao config check
	errs "notifier team tells nobody: the notifier plugin 'slack' is not there yet"
	expect 1 ao doctor
	has "✓ notifier me: usable"
	has "✗ notifier gone: no program '$HOME/gone.sh' there"
	has "✗ notifier team: the notifier plugin 'slack' is not there yet"
	has "! notifier desktop: no desktop session here"
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
