#!/usr/bin/env bash
# git check-ignore takes plain paths, yet refuses all of them when GIT_LITERAL_PATHSPECS is set.
#
# GIT_LITERAL_PATHSPECS=1 is what a program sets so that a file called `[id].ts` is never read as a pattern: "treat all
# pathspecs literally". A guess is that it is harmless for a command that has no patterns. Seen instead, with paths that
# hold no special character: check-ignore ends with 128 ("pathspec magic not supported by this command"), for paths given
# as arguments and on standard input alike, while check-attr and ls-files answer as usual. A caller that takes "neither 0
# nor 1" for "not ignored" would call every ignored file tracked.
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
echo 'build/' >.gitignore
mkdir build
touch build/out.js a.js

ask() { # NAME COMMAND...: what it prints and how it ends
  local name=$1 code=0
  shift
  "$@" >"$DIR/out" 2>"$DIR/err" || code=$?
  echo "$name: exit $code, said: $(tr '\n\0' '  ' <"$DIR/out") $(head -1 "$DIR/err")"
  LAST=$code
}
changed() { echo "changed: $*"; exit 1; }

ask 'check-ignore' git check-ignore build/out.js
[ "$LAST" = 0 ] || changed 'an ignored path is not told as one'
export GIT_LITERAL_PATHSPECS=1
ask 'check-ignore, literal' git check-ignore build/out.js
[ "$LAST" = 128 ] || changed 'check-ignore answers with literal pathspecs'
ask 'check-ignore --stdin, literal' bash -c "printf 'build/out.js\0a.js\0' | git check-ignore -z --stdin"
[ "$LAST" = 128 ] || changed 'check-ignore --stdin answers with literal pathspecs'
ask 'check-attr, literal' git check-attr --all build/out.js
[ "$LAST" = 0 ] || changed 'check-attr fails'
ask 'ls-files, literal' git ls-files --others --ignored --exclude-standard -- build/out.js
[ "$LAST" = 0 ] && grep -qx build/out.js "$DIR/out" || changed 'ls-files does not list the ignored file'
echo 'as described'
