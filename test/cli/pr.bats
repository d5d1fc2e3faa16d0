#!/usr/bin/env bats
# Pull requests without a forge: the scm `local`.
load box

# A session with one commit of its own.
work() { # SESSION [FILE [TEXT]]
	local tree=$TREES/$1
	mkdir -p "$(dirname "$tree/${2:-new}")"
	printf '%s\n' "${3:-work of $1}" >"$tree/${2:-new}"
	git -C "$tree" add -A
	git -C "$tree" commit -q -m "Add ${2:-new}"
}
row() { ao status --json | jq -r ".[] | select(.name == \"$1\") | .$2"; }
main() { git -C "$REPO" rev-parse main; }
with_checks() { FRONTEND="$1" box_config; }

@test "the whole life: red, fixed, green, reviewed, resolved, approved, merged, cleaned" {
	with_checks 'checks: {test: "cat new; grep -q good new", lint: "test ! -e bad"}'
	spawn frontend 1
	work fe-1 new "poor work"
	expect 0 ao pr create fe-1
	has "✓ Pull request #1 created for fe-1."
	has "#1 Add new"
	has "poor work" # the log
	[ "$(field fe-1 pr)" = "local:frontend#1" ]
	[ "$(git -C "$REPO" rev-parse refs/ao/pull/1/head)" = "$(git -C "$REPO" rev-parse feat/1)" ]
	[ "$(row fe-1 ciStatus)" = failure ]
	[ "$(row fe-1 status)" = ci_failed ]
	expect 1 ao pr checks fe-1
	has "poor work"
	log=$(ao pr view fe-1 --json | jq -r '.checks[0].log')
	grep -q "poor work" "$log"
	expect 6 ao pr merge fe-1
	errs "red: test"
	work fe-1 new "good work"
	[ "$(row fe-1 ciStatus)" = pending ]
	expect 6 ao pr merge fe-1
	expect 0 ao pr checks fe-1
	[ "$(row fe-1 ciStatus)" = success ]
	expect 0 ao status
	has "#1    ✓      ⋯     0"
	expect 0 ao session ls --refresh
	has "local:frontend#1"
	expect 0 ao pr review fe-1 --ask ann
	[ "$(row fe-1 reviewDecision)" = pending ]
	[ "$(row fe-1 status)" = review_pending ]
	expect 6 ao pr merge fe-1
	expect 0 ao pr review fe-1 --request-changes -m "which work?" --at new:1
	has "Thread 2 opened"
	[ "$(row fe-1 reviewDecision)" = changes_requested ]
	[ "$(row fe-1 pendingThreads)" = 1 ]
	[ "$(row fe-1 status)" = changes_requested ]
	expect 6 ao pr merge fe-1
	expect 0 ao pr review fe-1 --resolve 2
	[ "$(row fe-1 pendingThreads)" = 0 ]
	expect 0 ao pr review fe-1 --reopen 2
	[ "$(row fe-1 pendingThreads)" = 1 ]
	expect 0 ao pr view fe-1
	has "new:1"
	has "which work?"
	expect 0 ao pr review fe-1 --resolve 2
	expect 0 ao pr review fe-1 --approve
	[ "$(row fe-1 reviewDecision)" = approved ]
	[ "$(row fe-1 status)" = mergeable ]
	expect 0 ao pr ls
	has "#1    open    success   approved"
	expect 0 ao session ls
	has "local:frontend#1"
	expect 0 ao pr merge fe-1
	has "✓ Pull request #1 merged into main"
	has "  Next:     ao session cleanup"
	lacks "Issue"
	[ "$(cat "$REPO/new")" = "good work" ]
	[ -z "$(git -C "$REPO" status --porcelain)" ]
	[ "$(git -C "$REPO" log -1 --format='%s|%an|%P' main)" = "Add new (#1)|Ann|$(git -C "$REPO" rev-parse main^)" ]
	[ "$(row fe-1 status)" = merged ]
	expect 6 ao session restore fe-1
	errs "its PR was merged"
	expect 0 ao session cleanup --dry-run
	has "  Would kill fe-1 (PR #1 merged)"
	expect 0 ao session cleanup
	has "Cleaned: fe-1"
	[ ! -e "$TREES/fe-1" ]
	expect 1 ao pr merge '#1' -p frontend
	expect 0 ao pr ls -a
	has merged
	[ -z "$(find "$HOME/.agent-orchestrator/checks" -mindepth 1)" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	expect 0 ao events verify
}

@test "the base is behind origin: upstream's commits are none of a pull request's" {
	FRONTEND='scm: local' box_config
	git clone -q --bare "$REPO" "$BOX/origin"
	git -C "$REPO" remote add origin "$BOX/origin"
	git -C "$REPO" fetch -q
	git clone -q "$BOX/origin" "$BOX/else"
	for method in squash rebase merge; do
		# a merge of its own, as --rebase would make it anew
		git -C "$BOX/else" checkout -q -b side origin/main
		echo "$method" >"$BOX/else/side-$method"
		git -C "$BOX/else" add -A
		git -C "$BOX/else" commit -q -m "upstream $method"
		git -C "$BOX/else" checkout -q -B main origin/main
		git -C "$BOX/else" merge -q --no-ff -m "upstream merge $method" side
		git -C "$BOX/else" branch -q -D side
		git -C "$BOX/else" push -q origin main
		upstream=$(git -C "$BOX/origin" rev-parse main)
		spawn frontend "$method"
		id=$(ao session ls --json | jq -r '.[-1].name')
		expect 1 ao pr create "$id"
		errs "has no commits that main does not have"
		echo own >"$TREES/$id/own-$method"
		git -C "$TREES/$id" add -A
		git -C "$TREES/$id" commit -q -m "own $method"
		expect 0 ao pr create "$id"
		expect 0 ao pr merge "$id" "--$method"
		[ "$(git -C "$REPO" rev-parse main^)" = "$upstream" ]
		[ "$(git -C "$REPO" diff --name-only main^ main)" = "own-$method" ]
		[ -z "$(git -C "$REPO" status --porcelain)" ]
		[ -e "$REPO/side-$method" ]
		git -C "$REPO" push -q origin main
		git -C "$BOX/else" fetch -q
	done
}

@test "merge, rebase; whose commits" {
	spawn frontend 1
	spawn frontend 2
	work fe-1 a
	work fe-1 b
	work fe-2 c
	work fe-2 d
	GIT_AUTHOR_NAME=Bob git -C "$TREES/fe-2" commit -q --amend --no-edit --reset-author
	ao pr create fe-1
	ao pr create fe-2
	expect 0 ao pr merge fe-1 --merge
	[ "$(git -C "$REPO" rev-list --count main)" = 4 ]
	[ "$(git -C "$REPO" log -1 --format=%s main)" = "Merge pull request #1 from feat/1" ]
	expect 0 ao pr merge fe-2 --rebase
	[ "$(git -C "$REPO" log -2 --format='%s %an' main)" = "Add d Bob
Add c Ann" ]
	[ "$(git -C "$REPO" rev-parse main^:a)" = "$(git -C "$REPO" rev-parse feat/1:a)" ]
	[ "$(cat "$REPO/c")" = "work of fe-2" ]
	[ -z "$(git -C "$REPO" status --porcelain)" ]
	expect 2 ao pr merge fe-2 --rebase --squash
}

@test "without a name of the user's, ao's" {
	spawn frontend 1
	work fe-1
	ao pr create fe-1
	expect 0 env -u GIT_AUTHOR_NAME -u GIT_AUTHOR_EMAIL -u GIT_COMMITTER_NAME -u GIT_COMMITTER_EMAIL ao pr merge fe-1
	[ "$(git -C "$REPO" log -1 --format='%an <%ae>' main)" = "ao <ao@localhost>" ]
}

@test "local changes to the merged paths: exit 6, naming them, nothing moved; others stay" {
	spawn frontend 1
	work fe-1 README "two"
	echo theirs >"$TREES/fe-1/secret.o"
	git -C "$TREES/fe-1" add -f secret.o
	git -C "$TREES/fe-1" commit -q -m secret
	ao pr create fe-1
	before=$(main)
	echo mine >>"$REPO/README"
	expect 6 ao pr merge fe-1
	errs README
	[ "$(main)" = "$before" ]
	[ "$(tail -1 "$REPO/README")" = mine ]
	git -C "$REPO" checkout -q README
	echo precious >"$REPO/secret.o" # ignored, so git itself would overwrite it
	expect 6 ao pr merge fe-1
	errs secret.o
	[ "$(cat "$REPO/secret.o")" = precious ]
	rm "$REPO/secret.o"
	echo other >>"$REPO/src/main.c"
	echo untracked >"$REPO/notes"
	expect 0 ao pr merge fe-1
	[ "$(cat "$REPO/README")" = two ]
	[ "$(git -C "$REPO" status --porcelain)" = " M src/main.c
?? notes" ]
}

@test "a folder that becomes a file, a file that becomes a folder; ignored files below and in place of them stay" {
	spawn frontend 1
	git -C "$TREES/fe-1" rm -qr src README
	work fe-1 src
	work fe-1 README/inside
	mkdir "$TREES/fe-1/out.o"
	echo file >"$TREES/fe-1/out.o/file"
	git -C "$TREES/fe-1" add -f out.o/file
	git -C "$TREES/fe-1" commit -qm "Add a folder"
	ao pr create fe-1
	before=$(main)
	echo precious >"$REPO/src/build.o"
	expect 6 ao pr merge fe-1
	errs src/build.o
	rm "$REPO/src/build.o"
	echo precious >"$REPO/out.o"
	expect 6 ao pr merge fe-1
	errs out.o
	[ "$(cat "$REPO/out.o")" = precious ] && [ "$(main)" = "$before" ] && [ -d "$REPO/src" ]
	rm "$REPO/out.o"
	mkdir "$REPO/out.o" # empty: in nobody's way
	expect 0 ao pr merge fe-1
	[ -f "$REPO/src" ] && [ -f "$REPO/README/inside" ] && [ -f "$REPO/out.o/file" ]
	[ -z "$(git -C "$REPO" status --porcelain)" ]
}

@test "a rebase of the branch that has stopped in a checkout: exit 6, nothing moved" {
	spawn frontend 1
	work fe-1
	ao pr create fe-1
	git -C "$REPO" commit -q --allow-empty -m mine
	before=$(main)
	GIT_SEQUENCE_EDITOR='sed -i 1s/pick/edit/' git -C "$REPO" rebase -q --keep-empty -i HEAD^
	expect 6 ao pr merge fe-1
	errs "main is being rebased in $REPO"
	[ "$(main)" = "$before" ]
	git -C "$REPO" rebase --continue
	expect 0 ao pr merge fe-1
	[ "$(git -C "$REPO" rev-parse main^)" = "$before" ]
}

@test "a conflict is told and merges nothing" {
	spawn frontend 1
	work fe-1 README "theirs"
	echo ours >"$REPO/README"
	git -C "$REPO" commit -qam ours
	ao pr create fe-1
	expect 0 ao pr view fe-1
	has "in conflict"
	for how in --squash --merge --rebase; do
		expect 6 ao pr merge fe-1 $how
		errs README
	done
	[ "$(git -C "$REPO" log -1 --format=%s main)" = ours ]
}

@test "checks: clean, without AO_*, with links and copies, in parallel, ended in time, cancelled" {
	echo s3cret >"$REPO/.env"
	mkdir "$REPO/node_modules"
	with_checks 'symlinks: [.env]
copy: [node_modules]
checks:
  a: "test -z \"$(env | grep ^AO_)\" && test -L .env && test -d node_modules && test ! -e stray"
  b: "touch b.ran; while test ! -e '"$BOX"'/c; do sleep 0.05; done"
  c: "touch '"$BOX"'/c; test ! -e b.ran"'
	spawn frontend 1
	work fe-1
	touch "$TREES/fe-1/stray"
	expect 0 ao pr create fe-1
	[ "$(row fe-1 ciStatus)" = success ]
	with_checks 'checks: {slow: "sleep 60"}'
	AO_TEST_CHECK_MS=300 expect 1 ao pr checks fe-1
	has timeout
	with_checks 'checks: {wait: "echo begun >>'"$BOX"'/begun; test -e fixed || sleep 60"}'
	ao pr checks fe-1 >"$BOX/out" 2>&1 &
	wait_for 10 test -s "$BOX/begun"
	work fe-1 fixed
	wait $!
	[ "$(wc -l <"$BOX/begun")" = 2 ]
	[ "$(row fe-1 ciStatus)" = success ]
}

@test "interrupted checks are due again, and two runs make one" {
	with_checks 'checks: {one: "echo x >>'"$BOX"'/ran; until test -e '"$BOX"'/go; do sleep 0.05; done"}'
	spawn frontend 1
	work fe-1
	ao pr create fe-1 --no-checks
	ao pr checks fe-1 >/dev/null 2>&1 &
	pid=$!
	wait_for 10 test -s "$BOX/ran"
	kill -9 $pid
	wait $pid || true
	[ "$(row fe-1 ciStatus)" = pending ]
	touch "$BOX/go"
	ao pr checks fe-1 &
	one=$!
	expect 0 ao pr checks fe-1
	wait $one
	[ "$(wc -l <"$BOX/ran")" = 2 ]
}

@test "a run of checks that was killed: the next one, or doctor, ends its commands; one that was stopped leaves nothing" {
	with_checks 'checks: {hang: "echo x >>'"$BOX"'/ran; trap : TERM; until test -e '"$BOX"'/go; do sleep 0.05; done"}'
	spawn frontend 1
	work fe-1
	ao pr create fe-1 --no-checks
	die() { # SIGNAL: a run that has begun
		rm -f "$BOX/ran"
		ao pr checks fe-1 >/dev/null 2>&1 &
		wait_for 10 test -s "$BOX/ran"
		kill "-$1" $!
		code=0
		wait $! || code=$?
	}
	die INT
	[ "$code" = 130 ]
	[ -z "$(find "$HOME/.agent-orchestrator/checks" -mindepth 1)" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 2 ]
	rm -f "$REPO/.git/ao/pulls/1/log-"*
	mkdir "$REPO/.git/ao/pulls/1/log-$(git -C "$REPO" rev-parse feat/1 | cut -c1-12)-1" # its log cannot be written
	expect 1 ao pr checks fe-1
	[ "$(git -C "$REPO" worktree list | wc -l)" = 2 ]
	rmdir "$REPO/.git/ao/pulls/1/log-"*
	die KILL
	expect 1 ao doctor
	has "$HOME/.agent-orchestrator/checks/"
	expect 0 ao doctor --fix
	expect 0 ao doctor
	[ "$(git -C "$REPO" worktree list | wc -l)" = 2 ]
	die KILL
	touch "$BOX/go-on"
	with_checks 'checks: {hang: "test ! -e '"$BOX"'/go-on || exit 0"}'
	expect 0 timeout 20 ao poll
	errs "#1: what an interrupted run of its checks left was ended"
	[ "$(row fe-1 ciStatus)" = success ]
}

@test "an untrusted configuration runs no check" {
	with_checks 'checks: {test: "touch '"$BOX"'/canary"}'
	spawn frontend 1
	work fe-1
	chmod 666 "$CONFIG"
	expect 0 ao pr create fe-1
	errs "ao trust"
	expect 5 ao pr checks fe-1
	[ ! -e "$BOX/canary" ]
}

@test "an approval is of the commit that was seen" {
	spawn frontend 1
	work fe-1
	ao pr create fe-1
	seen=$(git -C "$TREES/fe-1" rev-parse HEAD)
	work fe-1 later
	expect 6 ao pr review fe-1 --approve --head "$seen"
	expect 0 ao pr review fe-1 --approve
	[ "$(row fe-1 reviewDecision)" = approved ]
	work fe-1 sneaky
	[ "$(row fe-1 reviewDecision)" = pending ]
	expect 6 ao pr merge fe-1
	errs "waits for a review: ao pr review 1 --approve" # a # would begin a comment there
	AO_SESSION=fe-1 expect 6 ao pr review --approve
	expect 0 ao pr review fe-1 --approve
	expect 0 ao pr merge fe-1
}

# git that kills the ao that runs it, before or after one of its commands; half: git itself is killed
# when the files are written and the index is not.
deadly_git() {
	mkdir -p "$BOX/bin"
	cat >"$BOX/bin/git" <<-S
		#!/bin/bash
		git=$(command -v git)
		for word; do
			case \$KILL_AT in
			"\$word before") kill -9 \$PPID; exit 1 ;;
			"\$word after") \$git "\$@"; kill -9 \$PPID; exit 1 ;;
			"\$word half")
				strace -qq -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=1 \$git "\$@"
				kill -9 \$PPID
				exit 1
				;;
			esac
		done
		exec \$git "\$@"
	S
	chmod +x "$BOX/bin/git"
}

# After whatever happened: a second merge ends it, exactly once, and the checkout is in step.
merge_ends_it() { # FILE CONTENT BEFORE
	local number
	rm -f "$REPO/.git/index.lock" # git's own, of the git that was killed
	number=$(field fe-1 pr)
	run ao pr merge "#${number##*#}" -p frontend
	echo "$4: $status $output"
	[ "$status" = 0 ] || [[ $output == *"merged already"* ]]
	[ "$(git -C "$REPO" rev-parse main^)" = "$3" ]
	[ -z "$(git -C "$REPO" status --porcelain)" ]
	[ "$(cat "$REPO/$1")" = "$2" ]
	[ "$(row fe-1 status)" = merged ]
	git -C "$TREES/fe-1" reset -q --hard main
}

@test "killed at any step of a merge: merged or not, never half" {
	command -v strace >/dev/null || skip "no strace"
	local n=0 first=
	deadly_git
	spawn frontend 1
	for at in "merge-tree before" "commit-tree after" "update-index before" "read-tree before" "read-tree half" \
		"read-tree after" "--stdin before" "--stdin after"; do
		n=$((n + 1))
		work fe-1 README "$at"
		work fe-1 "n$n"
		ln -sfn "n$n" "$TREES/fe-1/link"
		rm -rf "$TREES/fe-1/shape" # a file, a folder, a file …
		work fe-1 "shape$([ $((n % 2)) = 1 ] || echo /inside)" "$n"
		[ "$n" = 1 ] || git -C "$TREES/fe-1" rm -q "n$((n - 1))"
		git -C "$TREES/fe-1" commit -q --allow-empty -m "less"
		ao pr create fe-1 >/dev/null
		before=$(main)
		KILL_AT=$at PATH=$BOX/bin:$PATH run ao pr merge fe-1
		[ "$status" = 137 ]
		case $at in
		"--stdin after") [ "$(main)" != "$before" ] && [ "$(row fe-1 status)" = merged ] ;;
		*) [ "$(main)" = "$before" ] ;;
		esac
		merge_ends_it README "$at" "$before" "$at"
	done
}

@test "killed at each write of a merge's record" {
	command -v strace >/dev/null || skip "no strace"
	spawn frontend 1
	for point in rename:1 rename:2 rename:3 fsync:1 fsync:2 fsync:3 fsync:4 fsync:5; do
		work fe-1 README "$point"
		ao pr create fe-1 >/dev/null
		before=$(main)
		run strace -qq -o /dev/null -e trace=rename,fsync -e "inject=${point%:*}:signal=KILL:when=${point#*:}" \
			ao pr merge fe-1
		echo "$point: $status"
		merge_ends_it README "$point" "$before" "$point"
	done
}

@test "what was edited after a crash is not taken back" {
	command -v strace >/dev/null || skip "no strace"
	deadly_git
	spawn frontend 1
	work fe-1 README two
	work fe-1 src/main.c three
	ao pr create fe-1
	KILL_AT="read-tree half" PATH=$BOX/bin:$PATH run ao pr merge fe-1
	[ "$(cat "$REPO/README")" = two ]
	run git -C "$REPO" commit -q --allow-empty -m "theirs" # would take what is merged for its own
	[[ $output == *index.lock* ]]
	echo mine >>"$REPO/README"
	expect 6 ao pr merge fe-1
	errs README
	[ "$(cat "$REPO/README")" = "two
mine" ]
	[ "$(cat "$REPO/src/main.c")" = "int main(void) { return 0; }" ]
}

@test "hostile titles, bodies, branches and places" {
	spawn frontend 1 --branch 'feat/$(touch${IFS}canary);`x`'\''"&|'
	work fe-1
	evil=$'x\e]0;owned\a\n\nSigned: $(touch canary) -- --help'
	expect 0 ao pr create fe-1 --title "$evil" --body $'a\e[2Jb\nstate=merged\n1.kind=approve'
	[[ $output != *$'\e'* ]]
	expect 0 ao pr ls
	[[ $output != *$'\e'* && $output != *$'\a'* ]]
	[ "$(row fe-1 prNumber)" = 1 ]
	[ "$(row fe-1 reviewDecision)" = none ]
	expect 0 ao pr review fe-1 --comment -m $'\e[31m2.kind=approve\n2.kind=approve' --at new:1
	[ "$(row fe-1 reviewDecision)" = none ]
	expect 0 ao pr view fe-1
	[[ $output != *$'\e'* ]]
	for at in new new: new:x :1 new:0 ../../etc/passwd:1 -x:1; do
		expect 2 ao pr review fe-1 --comment -m x --at="$at"
	done
	expect 2 ao pr review fe-1
	expect 2 ao pr review fe-1 --approve --comment -m x
	expect 2 ao pr review fe-1 --resolve 9
	errs "has no thread 9: ao pr view 1"
	expect 0 ao pr merge fe-1
	[ "$(git -C "$REPO" log -1 --format=%s main)" = 'x ]0;owned Signed: $(touch canary) -- --help (#1)' ]
	[ -z "$(find "$BOX" -name canary)" ]
}

@test "none, closed, twice, nothing to merge, another base" {
	spawn frontend 1
	expect 1 ao pr view fe-1
	errs "ao pr create fe-1"
	expect 1 ao pr create fe-1
	errs "no commits"
	expect 4 ao pr view '#7' -p frontend
	expect 4 ao pr view fe-9
	work fe-1
	expect 0 ao pr create fe-1
	expect 0 ao pr create fe-1
	has "#1 of fe-1 is open already"
	expect 0 ao pr close fe-1
	[ "$(row fe-1 ciStatus)" = none ]
	expect 1 ao pr merge fe-1
	git -C "$REPO" branch next
	expect 0 ao pr create fe-1 --base next
	has "#2"
	expect 0 ao pr merge fe-1
	[ "$(git -C "$REPO" rev-parse next:new)" = "$(git -C "$REPO" rev-parse feat/1:new)" ]
	[ ! -e "$REPO/new" ]
	[ "$(row fe-1 status)" != merged ]
	expect 0 ao session cleanup
	lacks "Cleaned: fe-1"
}

@test "numbers are taken once, by many at a time" {
	for i in 1 2 3 4; do
		spawn frontend $i
		work fe-$i "f$i"
	done
	for i in 1 2 3 4; do ao pr create fe-$i >/dev/null & done
	wait
	[ "$(for i in 1 2 3 4; do field fe-$i pr; done | sort -u | wc -l)" = 4 ]
	[ "$(git -C "$REPO" for-each-ref refs/ao/pull | wc -l)" = 4 ]
}

@test "status starts no git for pull requests" {
	spawn frontend 1
	work fe-1
	ao pr create fe-1
	git -C "$REPO" pack-refs --all
	mkdir "$BOX/bin"
	printf '#!/bin/sh\ntouch %s/git-ran\n' "$BOX" >"$BOX/bin/git"
	chmod +x "$BOX/bin/git"
	PATH=$BOX/bin:$PATH expect 0 ao status
	has "#1    -      ⋯     0"
	[ ! -e "$BOX/git-ran" ]
}

@test "the title: --title, else the issue's as it is now, else an ad-hoc task's words, else the last commit's" {
	ao issue create -p frontend "The login is slow"
	ao issue create -p frontend "Another"
	for issue in 1 2 77 "Make tea for two"; do
		ao spawn frontend "$issue"
	done
	for id in fe-1 fe-2 fe-3 fe-4; do
		work $id
	done
	sed -i 's/^title=.*/title=The login is \x1b[31mfast/' "$REPO/.git/ao/issues/1"
	rm "$REPO/.git/ao/issues/2"
	for id in fe-1 fe-2 fe-3 fe-4; do
		ao pr create $id --no-checks
	done
	[ "$(ao pr ls -p frontend --json | jq -r 'sort_by(.number)[].title')" = "The login is [31mfast
Another
Add new
Make tea for two" ]
}

@test "checks --again runs what is red once more, on the same head; what is green stays" {
	with_checks 'checks: {flaky: "echo x >>$BOX/flaky; test -e $BOX/better", steady: "echo x >>$BOX/steady"}'
	spawn frontend 1
	work fe-1
	expect 0 ao pr create fe-1
	has "failure"
	expect 1 ao pr checks fe-1
	[ "$(cat "$BOX/flaky")" = x ]
	expect 1 ao pr checks fe-1 --again
	[ "$(wc -l <"$BOX/flaky")" = 2 ]
	touch "$BOX/better"
	expect 0 ao pr checks fe-1 --again
	has "success"
	lacks "failure"
	[ "$(wc -l <"$BOX/flaky")" = 3 ]
	[ "$(cat "$BOX/steady")" = x ]
	expect 0 ao pr checks fe-1 --again # nothing is red
	[ "$(wc -l <"$BOX/flaky")" = 3 ]
	[ "$(row fe-1 ciStatus)" = success ]
	ao pr merge fe-1
	expect 0 ao pr checks fe-1 --again
	[ "$(wc -l <"$BOX/flaky")" = 3 ]
}

@test "a lock that a killed git left on a ref stops nothing; one whose git lives is respected; doctor finds the rest" {
	with_checks 'checks: {test: "true"}'
	git=$REPO/.git
	spawn frontend 1
	spawn frontend 2
	work fe-1
	work fe-2
	expect 0 ao pr create fe-1
	work fe-1 more
	touch -d '10 seconds ago' "$git/refs/ao/pull/1/head.lock"
	expect 0 ao pr checks fe-1
	[ "$(git -C "$REPO" rev-parse refs/ao/pull/1/head)" = "$(git -C "$REPO" rev-parse feat/1)" ]
	[ ! -e "$git/refs/ao/pull/1/head.lock" ]
	mkdir -p "$git/refs/ao/pull/2"
	touch -d '10 seconds ago' "$git/refs/ao/pull/2/head.lock"
	expect 0 ao pr create fe-2
	ao pr review fe-1 --approve >/dev/null
	touch -d '10 seconds ago' "$git/refs/heads/main.lock"
	expect 0 ao pr merge fe-1
	[ -z "$(find "$git" -name '*.lock' -path '*/refs/*')" ]
	# a git that was there when the lock was made
	mkfifo "$BOX/fifo"
	git -C "$REPO" cat-file --batch <"$BOX/fifo" >/dev/null &
	exec 7>"$BOX/fifo"
	work fe-2 more
	touch "$git/refs/ao/pull/2/head.lock"
	expect 6 ao pr checks fe-2
	errs "git is at work in"
	[ -e "$git/refs/ao/pull/2/head.lock" ]
	exec 7>&-
	wait $!
	expect 0 ao pr checks fe-2
	# what no verb meets
	mkdir -p "$git/refs/ao/trash/fe-9"
	touch "$git/packed-refs.lock"
	expect 0 ao doctor
	lacks packed-refs.lock
	touch -d '2 minutes ago' "$git/packed-refs.lock" "$git/refs/ao/trash/fe-9/20261122T071756Z.lock"
	expect 1 ao doctor
	has "a git that was killed left a lock: $git/packed-refs.lock"
	has "a git that was killed left a lock: $git/refs/ao/trash/fe-9/20261122T071756Z.lock"
	expect 0 ao doctor --fix
	[ -z "$(find "$git" -name '*.lock' -path '*/refs/*' -o -name packed-refs.lock)" ]
	expect 0 ao doctor
	lacks lock:
}
