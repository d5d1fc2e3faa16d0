# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats's
# Forges for a test, loaded after box.bash: each starts in the box, with a socket, port and
# repositories of its own, and ends with it. Where node or its packages are not there the test is
# skipped, with the reason.
#
#   fake_github_start     then GITHUB (its folder), GITHUB_PORT, and GITHUB_SCM: the value of a
#                         project's `scm:`. Its repositories are empty until
#   github_repo acme/app [JSON]   makes one of the frontend's main branch and leads its origin there
#   cause github '{"op": "check", …}'     lets something happen, see test/fake-github/causes.mjs
#   fault github '{"kind": "slow", …}'    the next request suffers, see test/fake/door.mjs
#   fake_gitlab_start, fake_linear_start: the same, with GITLAB, GITLAB_PORT, GITLAB_SCM, gitlab_repo;
#                         LINEAR and LINEAR_TRACKER
#   asked github          how often it was asked; `summary github FILTER` and `requests github FILTER`
#                         are its sums and its log through jq

fake_start() { # NAME OPTIONS: test/fake-NAME with its folder in the box
	local name=$1 dir=$BOX/$1 root
	shift
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	[ -e "$root/build/fakes/installed" ] ||
		skip "$(cat "$root/build/fakes/skipped" 2>/dev/null || echo 'the fakes are not installed: make fakes')"
	mkdir -p "$dir"
	# a list waits two seconds for a forge: more than that, for a fake on a busy machine
	printf '#!/bin/sh\nsed "s/\\"timeoutMs\\":[0-9]*/\\"timeoutMs\\":60000/" | "%s/ao-http" "$@"\n' "$AO_BUILD" >"$BOX/ao-http"
	chmod +x "$BOX/ao-http"
	export AO_HTTP_BIN=$BOX/ao-http
	node --preserve-symlinks --preserve-symlinks-main "$root/build/fakes/test/fake-$name/server.mjs" \
		--dir "$dir" "$@" >"$dir/log" 2>&1 3>&- &
	FAKES+=($!)
	wait_for 30 test -e "$dir/ready" || {
		cat "$dir/log"
		return 1
	}
}
fakes_stop() {
	[ ${#FAKES[@]} = 0 ] || kill "${FAKES[@]}" 2>/dev/null
	[ ${#FAKES[@]} = 0 ] || wait "${FAKES[@]}" 2>/dev/null
	FAKES=()
}
FAKES=()
# What was asked is judged at the end of a test that names the fake in JUDGED: nothing that the forge would have refused, and nothing
# of which the fake knows no truth.
teardown() {
	local log rc=0 odd=0
	[ -n "${BOX:-}" ] || return 0
	if [ -n "${JUDGED:-}" ] && [ -S "$BOX/$JUDGED/socket" ]; then
		odd=$(summary "$JUDGED" '[.invalid, .lax // 0, (.unmodelled | length)] | add')
		[ "$odd" = 0 ] || { summary "$JUDGED" .; requests "$JUDGED" '.[] | select(.invalid or .lax)'; rc=1; }
	fi
	fakes_stop
	for log in "$BOX"/*/log; do # a fake that broke fails the test
		[ -e "$log" ] && grep -q . "$log" && cat "$log" && rc=1
	done
	box_close && return "$rc"
}

control() { # NAME METHOD VERB [JSON]
	curl -sS --fail-with-body --unix-socket "$BOX/$1/socket" -X "$2" ${4:+--data-binary "$4"} "http://fake/_fake/$3"
}
cause() { control "$1" POST apply "$2"; }
fault() { control "$1" POST faults "$2" >/dev/null; }
summary() { control "$1" GET summary | jq -r "$2"; }
requests() { control "$1" GET log | jq -r "$2"; }
asked() { summary "$1" .requests; }
forget() { control "$1" DELETE log >/dev/null; }

# ---- what tests of ao on a forge elsewhere share
session() { # [ISSUE]: fe-1 with a commit on its branch
	ao spawn frontend "${1:-42}"
	echo text >"$TREES/fe-1/new"
	git -C "$TREES/fe-1" add new
	git -C "$TREES/fe-1" commit -q -m 'Add new'
}
push() { git -C "$TREES/fe-1" push -q origin HEAD:feat/42; }
row() { ao status --json | jq -r '.[0] | [.prNumber, .ciStatus, .reviewDecision, .pendingThreads] | map(tostring) | join(" ")'; }
ago() { # SECONDS KEY: a time in what was seen, as if it had been so long before
	local dir=$HOME/.agent-orchestrator/cache/forge
	[ ! -d "$dir" ] || find "$dir" -maxdepth 1 -name '*.json' -exec sed -i -E "s/\"$2\":[0-9]+/\"$2\":$(($(date +%s) - $1))000/g" {} +
}
old() { ago 60 at; }

fake_github_start() {
	fake_start github "$@"
	GITHUB=$BOX/github
	GITHUB_PORT=$(jq .port "$GITHUB/ready")
	GITHUB_SCM="{plugin: github, socket: $GITHUB/socket}"
	export GH_TOKEN=token-of-ann GH_CONFIG_DIR=$BOX/gh GH_NO_UPDATE_NOTIFIER=1 GH_PROMPT_DISABLED=1
	mkdir -p "$GH_CONFIG_DIR"
	printf 'http_unix_socket: %s\n' "$GITHUB/socket" >"$GH_CONFIG_DIR/config.yml"
	ssh_to "$GITHUB/repos"
}
# git's own way to git@HOST: leads to the repositories in FOLDER
ssh_to() {
	printf '#!/bin/sh\nshift\ncd "%s" && exec sh -c "$1"\n' "$1" >"$BOX/ssh"
	chmod +x "$BOX/ssh"
	git config --global core.sshCommand "$BOX/ssh"
	git config --global ssh.variant simple
}
github_repo() { # OWNER/NAME [JSON of more]
	cause github "$(jq -n --arg r "$1" --argjson more "${2:-{\}}" '{op: "repo", repo: $r} + $more')" >/dev/null
	git -C "$REPO" remote add origin "git@github.com:$1.git"
	git -C "$REPO" push -q origin main
}
fake_gitlab_start() {
	fake_start gitlab "$@"
	GITLAB=$BOX/gitlab
	GITLAB_PORT=$(jq .port "$GITLAB/ready")
	GITLAB_SCM="{plugin: gitlab, apiUrl: http://gitlab.localhost/api/v4, socket: $GITLAB/socket}"
	export GITLAB_TOKEN=glpat-ann
	ssh_to "$GITLAB/repos"
}
gitlab_repo() { # GROUP/SUBGROUP/NAME [JSON of more]
	cause gitlab "$(jq -n --arg p "$1" --argjson more "${2:-{\}}" '{op: "project", project: $p} + $more')" >/dev/null
	git -C "$REPO" remote add origin "git@gitlab.example.org:$1.git"
	git -C "$REPO" push -q origin main
}

fake_linear_start() {
	fake_start linear
	LINEAR=$BOX/linear
	LINEAR_TRACKER="{plugin: linear, apiUrl: http://api.linear.localhost, socket: $LINEAR/socket}"
	export LINEAR_API_KEY=lin_api_of_ann
}

# $BOX/tls.crt and tls.key, of an authority $BOX/ca.crt made for this test.
fake_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=box-ca \
		-keyout "$BOX/ca.key" -out "$BOX/ca.crt"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
		-keyout "$BOX/tls.key" -out "$BOX/tls.csr"
	printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$BOX/tls.ext"
	openssl x509 -req -days 2 -in "$BOX/tls.csr" -CA "$BOX/ca.crt" -CAkey "$BOX/ca.key" \
		-CAcreateserial -extfile "$BOX/tls.ext" -out "$BOX/tls.crt"
} 2>/dev/null
