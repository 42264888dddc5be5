#!/usr/bin/env bash
# git ls-files --no-empty-directory leaves out an ignored folder that is not empty.
#
# "--no-empty-directory: do not list empty directories" is what a caller adds to `ls-files --others --ignored --directory`
# to be told of ignored folders with something in them. A guess is that it takes away empty ones only. Seen instead: when
# nothing around the ignored folder is in the index (a file beside it is untracked), a folder with a file in it is not
# listed, and neither is anything in its place; the same command without the option lists it, and so does
# `git status --ignored`. With the file beside it in the index it is listed with the option too. What asks in a fresh index
# is told that nothing is ignored.
#
# Package: Debian's git 1:2.39.5-0+deb12u3, unpacked into a temporary folder. Exit 0: as described; 1: it has changed.
set -euo pipefail
VERSION='1:2.39.5-0+deb12u3'
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
cd "$DIR"
apt-get download "git=$VERSION" >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1; apt-get download "git=$VERSION" >/dev/null; }
dpkg -x git_*.deb unpacked
export PATH="$DIR/unpacked/usr/bin:$PATH" GIT_EXEC_PATH="$DIR/unpacked/usr/lib/git-core" HOME="$DIR" GIT_CONFIG_NOSYSTEM=1
git --version

git init -q repository
cd repository
echo 'out/' >.gitignore
mkdir -p work/out
echo 1 >work/out/made.js
echo 2 >work/beside.js

changed() { echo "changed: $*"; exit 1; }
list() { git ls-files --others --ignored --exclude-standard --directory "$@"; }

echo "nothing in the index, without the option: $(list)"
echo "nothing in the index, --no-empty-directory: '$(list --no-empty-directory)'"
echo "git status --ignored: $(git status --porcelain --ignored | grep '^!!')"
[ "$(list)" = work/out/ ] || changed 'without the option the folder is not listed'
[ -z "$(list --no-empty-directory)" ] || changed 'with the option the folder is listed'
[ "$(git status --porcelain --ignored | grep '^!!')" = '!! work/out/' ] || changed 'status does not tell of it'

git add work/beside.js
echo "the file beside it in the index, --no-empty-directory: $(list --no-empty-directory)"
[ "$(list --no-empty-directory)" = work/out/ ] || changed 'with its neighbour in the index it is not listed either'
echo 'as described'
