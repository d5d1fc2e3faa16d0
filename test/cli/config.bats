#!/usr/bin/env bats
load box

@test "check: a good one" {
	expect 0 ao config check
}

@test "all errors of a file in one go, with line, column and a hint" {
	cat >"$CONFIG" <<-Y
		name: box
		projects:
		  frontend:
		    path: $REPO
		    sesionPrefix: fe
		  backend:
		    path: /no/such/path
		    sessionPrefix: "a b"
		limits: {maxSessions: many}
	Y
	expect 5 ao config check
	errs ".agent-orchestrator.yaml:5:5: unknown key 'sesionPrefix' in projects.frontend (did you mean 'sessionPrefix'?)"
	errs "/no/such/path"
	errs "a b"
	errs ":9:"
	expect 5 ao session ls
	expect 5 ao spawn frontend
}

@test "two projects with one prefix" {
	sed -i 's/sessionPrefix: api/sessionPrefix: fe/' "$CONFIG"
	expect 5 ao config check
	errs fe
}

@test "where it is looked for" {
	mkdir -p "$HOME/code/frontend/src/deep" "$HOME/.config/agent-orchestrator"
	sed 's/name: box/name: third/' "$CONFIG" >"$HOME/.config/agent-orchestrator/config.yaml"
	sed 's/name: box/name: walk/' "$CONFIG" >"$HOME/code/agent-orchestrator.yml"
	sed 's/name: box/name: env/' "$CONFIG" >"$BOX/env.yaml"
	sed 's/name: box/name: named/' "$CONFIG" >"$BOX/named.yaml"
	cd "$HOME/code/frontend/src/deep"
	export AO_CONFIG_PATH=$BOX/env.yaml
	expect 0 ao config show --config "$BOX/named.yaml"
	has named
	expect 0 ao config show
	has "env"
	unset AO_CONFIG_PATH
	expect 0 ao config show
	has walk
	cd /
	expect 0 ao config show
	has box
	rm "$CONFIG"
	expect 0 ao config show
	has third
	rm "$HOME/.config/agent-orchestrator/config.yaml"
	expect 5 ao session ls
	errs "ao init"
}

@test "a named file that is missing is an error" {
	expect 5 ao session ls --config "$BOX/none.yaml"
	errs none.yaml
	AO_CONFIG_PATH=$BOX/none.yaml expect 5 ao session ls
	errs AO_CONFIG_PATH
	expect 5 ao trust "$BOX/none.yaml"
	[ "$stderr" = "ao: $BOX/none.yaml: no such file" ] # nobody wrote --config
}

@test "in a worktree of ours the main checkout's config counts" {
	mv "$CONFIG" "$REPO/agent-orchestrator.yaml"
	echo agent-orchestrator.yaml >>"$REPO/.git/info/exclude"
	cd "$REPO"
	expect 0 ao spawn frontend 1
	cd "$TREES/fe-1/src"
	expect 0 ao session ls
	has fe-1
	expect 0 ao spawn 2
	has "Session fe-2"
}

@test "\${VAR} and \${VAR:-default}" {
	sed -i 's/name: Frontend/name: "${TITLE:-Front} ${WORD}"/' "$CONFIG"
	WORD=door expect 0 ao session ls
	has "Front door:"
	TITLE=Back WORD=door expect 0 ao session ls
	has "Back door:"
}

@test "a committed config starts nothing until it is trusted, and again when it changed" {
	AGENT="$BOX/evil" box_config
	printf '#!/bin/sh\ntouch %s/ran\nexec cat\n' "$BOX" >"$BOX/evil"
	chmod +x "$BOX/evil"
	mv "$CONFIG" "$REPO/agent-orchestrator.yaml"
	git -C "$REPO" add -A
	git -C "$REPO" commit -qm config
	cd "$REPO"
	run --separate-stderr ao spawn frontend
	[ "$status" -ne 0 ]
	errs "ao trust"
	[ ! -e "$BOX/ran" ]
	expect 0 ao session ls
	expect 0 ao trust
	expect 0 ao spawn frontend
	wait_for 5 test -e "$BOX/ran"
	echo '# changed' >>agent-orchestrator.yaml
	run ao spawn frontend
	[ "$status" -ne 0 ]
}

# The worktree's folder may be one whose files some program obeys (~/.vim/pack).
@test "a committed config neither spares an agent its questions nor moves the worktrees before ao trust" {
	rm "$CONFIG"
	mkdir -p "$HOME/.config/agent-orchestrator/agents"
	printf 'command: [standin, "{permissions}", "{prompt}"]\nprocess: standin\npermissions: {skip: [--no-hooks], default: []}\n' \
		>"$HOME/.config/agent-orchestrator/agents/standin.yaml"
	n=0
	for key in 'worktreeDir: ../elsewhere' 'permissions: skip' 'permissions: default'; do
		n=$((n + 1))
		printf 'name: box\ndefaults: {agent: standin}\nprojects: {frontend: {path: ., sessionPrefix: fe%s}}\n%s\n' \
			"$([[ $key != perm* ]] || echo ", agentConfig: {$key}")" \
			"$([[ $key == perm* ]] || echo "$key")" >"$REPO/agent-orchestrator.yaml"
		git -C "$REPO" add -A
		git -C "$REPO" commit -qm config
		cd "$REPO"
		expect 0 ao session ls
		if [[ $key != *default ]]; then
			expect 5 ao spawn
			errs "${key%%:*} is not used until you trust the file"
			[ ! -e "$DATA/fe-$n" ]
			expect 0 ao trust
			has "${key%%:*}"
		fi
		expect 0 ao spawn
	done
	[ -d "$HOME/code/elsewhere/fe-1" ]
	tmux kill-session -t =fe-2
	wait_for 10 is fe-2 activity exited
	sed -i 's/default}/"skip"}/' agent-orchestrator.yaml
	expect 5 ao session restore fe-2
	errs "permissions is not used until"
}

@test "a config that others can write is not trusted" {
	chmod 666 "$CONFIG"
	run --separate-stderr ao spawn frontend
	[ "$status" -ne 0 ]
	errs "ao trust"
}

@test "hostile YAML is an error, not an accident" {
	for text in $'a: &a [*a]\n' $'? [x]\n: y\n' $'name: !!python/object x\n' "$(printf '[%.0s' $(seq 5000))" $'\xff\xfe' \
		$'name: box\nname: box\n' '- list' 'text' '' $'projects: 7\n' $'projects: {"../x": {path: /tmp}}\n'; do
		printf '%s' "$text" >"$CONFIG"
		run timeout 60 ao config check
		[ "$status" = 5 ] || { echo "$text -> $status"; return 1; }
	done
}

@test "another config in a namespace that is taken: told" {
	spawn frontend
	cp "$CONFIG" "$BOX/second.yaml"
	expect 5 ao spawn frontend --config "$BOX/second.yaml"
	errs "$CONFIG"
}

@test "schema is JSON, init writes a config that works and never over one" {
	ao config schema | jq -e '.properties.projects'
	mkdir "$BOX/new"
	make_repo "$BOX/new/app"
	rm "$CONFIG"
	cd "$BOX/new/app"
	expect 0 ao init
	[ -f agent-orchestrator.yaml ]
	expect 0 ao config check
	run ao init
	[ "$status" -ne 0 ]
}

@test "check: what the agent and the terminal would refuse later is told now, all of it" {
	sed -i 's/"{prompt}"/"{permissions}", &/; s/^    process: standin/&\n    permissions: {skip: [--yes]}/' "$CONFIG"
	printf '    agentConfig: {permissions: skp}\n    terminal: kity\n' >>"$CONFIG"
	expect 5 ao config check
	errs "projects.backend: agent 'standin' knows no permissions 'skp' (known: skip)"
	errs 'projects.backend: terminal: there is no "kity"'
	expect 5 ao spawn backend
	lacks "taken back"
	[ ! -e "$DATA/api-1" ] # nothing was made
	sed -i 's/^    process: standin/&\n    hooks: clod\n    transcript: clade-jsonl/' "$CONFIG"
	expect 5 ao config check
	errs "projects.frontend: $CONFIG: agent 'standin' has hooks 'clod', but there is no folder hooks/clod"
	sed -i '/hooks: clod/d' "$CONFIG"
	expect 5 ao config check
	errs "agent 'standin' has the transcript 'clade-jsonl', which no reader reads"
}
