#!/usr/bin/env bash
# power.sh: the power goes at a boundary of spawn or kill. The home lies on an ext4 image; ao is killed there,
# the image is copied without unmounting (what had not reached the disk is lost), the copy is mounted as
# after a restart of the machine, and what must hold is checked. After exit 0 the effect must be there.
# POINTS (24) boundaries of each verb. Needs root and loop devices; else it says so and nothing passes.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
points=${POINTS:-24} mutant=${1:-}
top=$(mktemp -d /tmp/aopow.XXXXXX)
place "$top"
disk=$top/home
clean() {
	settle_down
	umount -l "$disk" 2>/dev/null
	rm -rf "$top"
}
trap clean EXIT
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$disk"
on() { mount -o loop,noauto_da_alloc,commit=300 "$1" "$disk"; }
if [ "$(id -u)" != 0 ] || ! dd if=/dev/zero of="$top/base.img" bs=1M count=24 status=none ||
	! mkfs.ext4 -q -b 1024 "$top/base.img" || ! on "$top/base.img" 2>/dev/null; then
	echo "skipped: power cuts need root, mkfs.ext4 and loop devices"
	echo "0 passed, 0 failed"
	exit 0
fi
plant_home 'standin, --turn-ms, "0"'
sync -f "$disk"
umount "$disk" || exit 1
cp "$top/base.img" "$top/spawn.img"
on "$top/base.img" || exit 1
ao spawn app 42 >/dev/null || exit 1
for _ in $(seq 1000); do
	grep -q ' start ' "$DATA/fe-1/signals" 2>/dev/null && break
	sleep 0.02
done
plant_work fe-1
settle_down
sync -f "$disk"
umount "$disk" || exit 1
cp "$top/base.img" "$top/kill.img"

words() { [ "$1" = spawn ] && echo "spawn app 42" || echo "session kill fe-1"; }
run_at() { # VERB [SYSCALL N]: leaves rc; the disk as the power left it is mounted afterwards
	local verb=$1 preload=''
	cp "$top/$verb.img" "$top/a.img"
	on "$top/a.img" || return 1
	ls -R "$disk" >/dev/null
	sync -f "$disk"
	[ -z "$mutant" ] || preload="-E LD_PRELOAD=$AO_BUILD/test/fault/mutant.so -E AO_MUTANT=$mutant"
	# shellcheck disable=SC2046,SC2086
	timeout -s KILL 60 strace -qq -o "$top/trace" $preload ${2:+-e trace="$2" -e inject="$2:signal=KILL:when=$3"} \
		"$REAL_AO" $(words "$verb") >"$top/out" 2>&1 </dev/null
	rc=$?
	quiet
	cp "$top/a.img" "$top/b.img"
	settle_down
	umount "$disk" || umount -l "$disk"
	on "$top/b.img"
}
after() { # VERB RC: what is wrong
	local planted=- ref
	[ "$1" = spawn ] || planted=fe-1
	export AO_TEST_BOOT_ID=after-the-cut
	for ref in "$DATA"/*/; do
		[ -e "$ref/metadata" ] || [ ! -d "$ref" ] || touch -d '1 hour ago' "$ref"
	done
	if [ "$2" = 0 ]; then
		if [ "$1" = spawn ]; then
			[ -n "$(field fe-1 runtimeHandle)" ] && [ -e "$TREES/fe-1/README" ] || echo "NOT DURABLE after exit 0"
		else
			[ "$(field fe-1 status)" = killed ] || echo "NOT DURABLE after exit 0"
		fi
	fi
	timeout 60 "$REAL_AO" doctor --fix >"$top/doctor" 2>&1 </dev/null
	check "$planted"
	"$REAL_AO" session ls >/dev/null 2>&1 || echo "session ls fails"
	git -C "$REPO" fsck --connectivity-only --no-dangling >"$top/fsck" 2>&1 || echo "git: $(head -1 "$top/fsck")"
	unset AO_TEST_BOOT_ID
	settle_down
	umount "$disk" || umount -l "$disk"
}
passed=0 failed=0 began=$SECONDS
verdict() {
	if [ -n "$2" ]; then
		echo "BAD $1: $(echo "$2" | paste -sd'|')"
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
}
for verb in spawn kill; do
	run_at $verb || { echo "power: cannot run $verb"; failed=$((failed + 1)); continue; }
	# the points: durable and visible steps, evenly taken
	sed -E 's/\(.*//' "$top/trace" | awk '{ n[$1]++; print $1, n[$1] }' |
		grep -E '^(rename|fsync|fdatasync|mkdir|unlink|unlinkat|write|vfork|clone3|wait4|rmdir) ' >"$top/all"
	verdict "$verb, whole (exit $rc)" "$(after "$verb" "$rc")"
	[ -z "$mutant" ] || continue
	awk -v n="$(wc -l <"$top/all")" -v k="$points" 'int(NR * k / n) != int((NR - 1) * k / n)' "$top/all" >"$top/chosen"
	while read -r call n <&8; do
		run_at $verb "$call" "$n"
		verdict "$verb $call $n (exit $rc)" "$(after "$verb" "$rc")"
	done 8<"$top/chosen" 2>/dev/null
done
if [ -z "$mutant" ] && [ -e "$AO_BUILD/test/fault/mutant.so" ]; then
	if [[ $("$0" 4 2>/dev/null) == *"NOT DURABLE"* ]]; then
		echo "mutant 4: caught"
		passed=$((passed + 1))
	else
		echo "BAD mutant 4, which syncs nothing, was not caught"
		failed=$((failed + 1))
	fi
fi
echo "power: $((passed + failed)) cuts in $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
