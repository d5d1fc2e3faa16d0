#!/usr/bin/env bats
# An Enterprise server of an authority of our own, over TLS: which token it gets, and which it does not. With the real
# gh, which gives a token of the environment for any host.

load box
load forge

setup() {
	box_open
	fake_certificate
	fake_github_start --cert "$BOX/tls.crt" --key "$BOX/tls.key"
	JUDGED=github
	host=localhost:$(jq .tlsPort "$GITHUB/ready")
	rm -r "$GH_CONFIG_DIR"
	unset GH_TOKEN GITHUB_TOKEN GH_HOST
	export SSL_CERT_FILE=$BOX/ca.crt GH_ENTERPRISE_TOKEN=token-of-ann
	FRONTEND="scm: {plugin: github, host: '$host'}" box_config
	cause github '{"op": "repo", "repo": "acme/app", "checksOnPush": []}' >/dev/null
	git -C "$REPO" remote add origin git@localhost:acme/app.git
	git -C "$REPO" push -q origin main
}

@test "the verbs, status and doctor of a server that the configuration names" {
	session
	run -0 ao pr create fe-1
	[[ $output == *"https://$host/acme/app/pull/1"* ]]
	cause github '{"op": "check", "repo": "acme/app", "pr": 1, "name": "unit", "conclusion": "FAILURE", "log": "boom"}' >/dev/null
	run -1 ao pr checks fe-1
	[[ $output == *'✗ unit'*boom* ]]
	[ "$(row)" = '1 failure none 0' ]
	run ao doctor
	[[ $output == *"forge $host: logged in as ann"* ]]
	SSL_CERT_FILE=/dev/null run -1 ao pr view fe-1
	[[ $output == *"$host cannot be reached"* ]]
}

@test "its token goes to no server that GH_HOST does not name, nor to one that an origin names alone" {
	GH_HOST=git.example.org run -1 ao pr ls -p frontend
	[[ $output == *"no login for $host"* ]]
	git -C "$REPO" remote set-url origin "https://$host/acme/app.git"
	FRONTEND='scm: {plugin: github}' box_config
	run -1 ao pr ls -p frontend
	[[ $output == *"no login for $host"* ]]
	[ "$(asked github)" = 0 ]
	GH_HOST=$host run -0 ao pr ls -p frontend
	[ "$(asked github)" = 1 ]
}
