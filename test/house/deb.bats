#!/usr/bin/env bats
# The Debian package: made, lintian has nothing to say, and unpacked it holds and does what it should.
load ../cli/box
load installed

setup_file() {
	local tree=$BATS_TEST_DIRNAME/../..
	"$tree/tools/deps.sh" --check build deb >"$BATS_FILE_TMPDIR/missing" || return 0 # skipped below
	"$tree/tools/deb.sh" "$BATS_FILE_TMPDIR/deb" >"$BATS_FILE_TMPDIR/said" 2>&1 || {
		cat "$BATS_FILE_TMPDIR/said"
		return 1
	}
}
setup() {
	box_open
	[ ! -s "$BATS_FILE_TMPDIR/missing" ] || skip "$(cat "$BATS_FILE_TMPDIR/missing")"
	DEB=$(tail -1 "$BATS_FILE_TMPDIR/said")
}

@test "nothing is said but where the package lies, and it needs git and tmux" {
	[ "$(cat "$BATS_FILE_TMPDIR/said")" = "$DEB" ]
	[ "$(dpkg-deb -f "$DEB" Version)" = "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$tree/debian/changelog")" ]
	[[ $(dpkg-deb -f "$DEB" Depends) == *"git (>= "*"tmux (>= "*libjansson4*libyaml* ]]
}

@test "the tree was not touched" {
	[ "$(ls "$tree/debian" | paste -sd' ')" = "ao.lintian-overrides changelog control copyright docs rules source" ]
}

@test "unpacked: every file with its mode, hardened, and ao works from there" {
	dpkg -x "$DEB" "$BOX/root"
	{
		should_be share/zsh/vendor-completions .gz
		printf '644 share/doc/ao/%s\n' README.md.gz changelog.gz changelog.Debian.gz copyright
		printf '644 share/lintian/overrides/ao\n'
	} >"$BOX/should"
	is_there "$BOX/root/usr" | grep -v share/doc/ao/docs/ >"$BOX/is"
	same_files "$BOX/should" "$BOX/is"
	[ "$(ls "$BOX/root")" = usr ]
	for program in bin/ao libexec/ao/ao-run libexec/ao/ao-pty libexec/ao/ao-http libexec/ao/ao-serve; do
		readelf -dW "$BOX/root/usr/$program" | grep 'FLAGS_1.*NOW.*PIE'
		readelf --dyn-syms -W "$BOX/root/usr/$program" | grep __stack_chk_fail
	done
	works "$BOX/root/usr"
}
