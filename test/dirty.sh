#!/bin/bash
# Makes the worktree in the current folder as nasty as they get. NESTED=1: repositories inside as well.
set -e
for i in 1 2 3; do echo edit >>d1/f$i.txt; done
echo staged >d2/f1.txt
git add d2/f1.txt
echo after-staged >d2/f1.txt
rm d3/f1.txt
chmod +x d4/f1.txt
ln -s ../etc/passwd link
ln -s nowhere dangling
mkdir -p new/deep
# shellcheck disable=SC2086
for i in $(seq 1 50); do echo u$i >new/deep/u$i; done
printf 'x' >"$(printf 'odd\nname\t"q'\'' \303\251 \377')"
printf 'y' >' -dash'
: >"--help"
printf 'back\\slash' >'a\b'
printf 'mixed\r\nlf\nlone\n' >crlf.txt
printf 'raw bytes' >y.flt
printf 'Raw\r\nagain' >d4/tracked.flt
mkfifo pipe
mkdir empty
echo ign >a.log
rm -r d6
echo 'now a file' >d6
rm d7
mkdir d7
echo 'now a folder' >d7/f
git rm -q --cached d8/f1.txt
git mv d8/f2.txt d8/moved.txt
git update-index --assume-unchanged d5/f1.txt
echo hidden >d5/f1.txt
git update-index --skip-worktree d5/f2.txt
echo hidden2 >d5/f2.txt
echo ita >ita.txt
git add -N ita.txt
echo c1 >c1
git add c1
git commit -qm 'unpushed' -- c1
if [ "$NESTED" ]; then
	git init -q nested
	(cd nested && echo precious >p.txt && git add . && git commit -qm n && echo more >untracked)
	git init -q nested0
	echo work >nested0/w.txt
fi
