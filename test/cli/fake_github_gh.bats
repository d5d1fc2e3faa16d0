#!/usr/bin/env bats
# A client that is not ours, GitHub's own gh, meets the fake by each of its doors and sees the same
# facts. Proves that the fake is no private dialect between it and ao; gh 2.23 is old, so what only
# newer ones ask is not proved.

load box
load forge

setup() {
	box_open
	command -v gh >/dev/null || skip 'gh is not here'
	cd "$REPO" || return
}

setup_pull() { # a pull request 1 of feat, red, with an issue 2
	fake_github_start "$@"
	github_repo acme/app '{"checksOnPush": [{"name": "build"}], "requiredApprovals": 1}'
	git switch -qc feat
	echo two >new
	git add new
	git commit -qm 'Add new'
	git push -q origin feat
	export GH_REPO=acme/app
	gh pr create --title 'Add new' --body text --head feat --base main
	cause github '[{"op": "check", "repo": "acme/app", "pr": 1, "name": "build", "conclusion": "FAILURE"},
		{"op": "issue", "repo": "acme/app", "title": "Broken", "labels": ["bug"]}]'
}
facts() { gh pr view 1 --json state,mergeable,mergeStateStatus,reviewDecision,additions,headRefOid -q '[.[] | tostring] | sort | join(" ")'; }

@test "gh by the socket: create, view, list, checks, merge" {
	setup_pull
	expect 0 facts
	has "$(git rev-parse HEAD)"
	has 'BLOCKED'
	has 'REVIEW_REQUIRED'
	has 'MERGEABLE'
	has 'OPEN'
	expect 1 gh pr checks 1
	has $'build\tfail'
	expect 0 gh issue view 2 --json title,labels -q '.title + .labels[0].name'
	[ "$output" = Brokenbug ]
	expect 0 gh issue list
	has Broken
	expect 1 gh pr merge 1 --squash
	cause github '[{"op": "check", "repo": "acme/app", "pr": 1, "name": "build", "conclusion": "SUCCESS"},
		{"op": "review", "repo": "acme/app", "pr": 1, "state": "APPROVED"}]'
	expect 0 gh pr list --json number,reviewDecision -q '.[] | "\(.number) \(.reviewDecision)"'
	[ "$output" = '1 APPROVED' ]
	# as on github.com since Projects (classic) went
	expect 1 gh pr view 1
	errs 'Projects (classic)'
	expect 0 gh pr merge 1 --squash
	git fetch -q origin
	[ "$(git show origin/main:new)" = two ]
	expect 0 gh issue close 2
	expect 0 gh issue view 2 --json state -q .state
	[ "$output" = CLOSED ]
	[ "$(summary github .invalid)" = 0 ]
}

@test "gh and git by a proxy, as github.localhost" {
	setup_pull
	before=$(facts)
	export http_proxy=http://127.0.0.1:$GITHUB_PORT GH_HOST=github.localhost
	rm "$GH_CONFIG_DIR/config.yml"
	unset GH_REPO
	cd "$BOX"
	git clone -q -b feat http://github.localhost/acme/app.git clone
	cd clone
	[ "$(facts)" = "$before" ]
	expect 0 gh pr view --json url -q .url
	[ "$output" = http://github.localhost/acme/app/pull/1 ]
	echo three >>new
	git commit -qam more
	git push -q
	expect 0 gh pr view --json headRefOid -q .headRefOid
	[ "$output" = "$(git rev-parse HEAD)" ]
}

@test "gh over TLS, as an Enterprise server of an authority of our own" {
	fake_certificate
	setup_pull --cert "$BOX/tls.crt" --key "$BOX/tls.key"
	before=$(facts)
	rm "$GH_CONFIG_DIR/config.yml"
	port=$(jq .tlsPort "$GITHUB/ready")
	export GH_HOST=localhost:$port GH_ENTERPRISE_TOKEN=token-of-ann GH_REPO=localhost:$port/acme/app
	run ! facts # an authority that nobody trusts
	export SSL_CERT_FILE=$BOX/ca.crt
	[ "$(facts)" = "$before" ]
}
