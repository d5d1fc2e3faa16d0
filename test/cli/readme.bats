#!/usr/bin/env bats
# The README, taken at its word.
load box

# The first block of README after LINE (a pattern) that is fenced as KIND.
block() { # KIND LINE
	sed -n "/$2/,\$p" "$BATS_TEST_DIRNAME/../../README.md" |
		sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`\$/q;/^\`\`\`/d;p}"
}
row() { ao status --json | jq -r ".[] | select(.name == \"$1\") | .$2"; }
ready() { [ "$(row "$1" activity)" = ready ]; }
green() { ao poll && [ "$(row "$1" ciStatus)" = success ]; }

@test "an agent of your own, as it stands there, gets from an issue to the merge" {
	block sh '^### An agent of your own' >"$HOME/mine.sh"
	block sh '^One line of data' >"$BOX/recipe"
	bash -e "$BOX/recipe"
	make_repo "$HOME/bakery"
	cd "$HOME/bakery"
	rm "$CONFIG"
	expect 0 ao init
	has "Agent:    mine"
	{
		echo '    checks: {notes: "grep -q price notes.txt || { echo no price; exit 1; }"}'
		echo 'notifiers: {bell: {plugin: command, command: [tee, -a, ../notices]}}'
	} >>agent-orchestrator.yaml
	sed -i 's/^  agent: mine.*/&\n  notifiers: [bell]/' agent-orchestrator.yaml
	ao issue create "fresh bread"
	expect 0 ao spawn 1
	expect 0 ao send bak-1 "a croissant"
	has "Message sent and processing"
	wait_for 20 ready bak-1
	expect 0 ao pr create bak-1
	has "✗ notes"
	expect 0 ao poll
	has "message 0002 is with the agent"
	wait_for 20 green bak-1
	expect 0 ao pr review bak-1 --approve
	expect 0 ao poll
	has "approved-and-green: told"
	expect 0 ao pr merge bak-1
	expect 0 ao session cleanup
	has "Cleaned: bak-1"
	grep -q croissant notes.txt
}

@test "what it shows of the configuration is valid" {
	make_repo "$HOME/bakery"
	cd "$HOME/bakery"
	rm "$CONFIG"
	ao init
	block yaml '^A check is a command' >>agent-orchestrator.yaml
	block yaml '^## While you are away' >>agent-orchestrator.yaml
	expect 0 ao config check
}
