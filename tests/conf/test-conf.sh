#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Golden tests of the configuration: reflectord --check-config on each tests/conf/cases/NN-NAME.in (a
# file, or a folder of them) against NN-NAME.ok. Its first line is `exit N`. If N is not 0, the rest
# is all that stands on standard error; else each further line must be in the output, in this order,
# and `! LINE` must not. DIR stands for the configuration's folder, whose only file, if the case is
# a file, is 10-test.conf. The list of folders where plugins are looked for is left out.
set -u
cases=$RFL_TOP_SRCDIR/tests/conf/cases
daemon=$RFL_TOP_BUILDDIR/reflectord
export REFLECTORD_PLUGIN_PATH=$REFLECTORD_PLUGIN_PATH:$RFL_TOP_BUILDDIR/tests/conf/.libs
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# Makes $tmp/conf out of the case $1.
prepare() {
  rm -rf "$tmp/conf"
  if [ -d "$1" ]; then
    cp -R "$1" "$tmp/conf" && chmod -R u+w "$tmp/conf"
  else
    mkdir "$tmp/conf" && cp "$1" "$tmp/conf/10-test.conf"
  fi
}

# Whether $tmp/out has each line of $tmp/want in order, and none of its `! ` lines.
matches() {
  awk '
    NR == FNR { if (sub(/^! /, "")) never[$0] = 1; else want[++n] = $0; next }
    $0 in never { print "this line should not be there: " $0; bad = 1 }
    $0 == want[at + 1] && at < n { at++ }
    END { if (at < n) { print "this line is missing: " want[at + 1]; bad = 1 } exit bad }
  ' "$tmp/want" "$tmp/out"
}

# Runs the case $1 and says why it fails.
check() {
  local want_code code
  prepare "$1.in" || return 1
  read -r _ want_code <"$1.ok"
  tail -n +2 "$1.ok" >"$tmp/want"
  "$daemon" --config "$tmp/conf" --check-config >"$tmp/out" 2>"$tmp/err"
  code=$?
  sed -i "s|$tmp/conf|DIR|g; s/ \[plugins are looked for in .*\]$//" "$tmp/out" "$tmp/err"
  if [ "$code" != "$want_code" ]; then
    echo "exit code $code, expected $want_code"
    cat "$tmp/err"
    return 1
  fi
  if [ "$code" = 0 ]; then matches; else diff "$tmp/want" "$tmp/err"; fi
}

set -- "$cases"/*.in
echo "1..$#"
n=0
failed=0
for input in "$@"; do
  n=$((n + 1))
  name=${input##*/}
  if check "${input%.in}" >"$tmp/why" 2>&1; then
    echo "ok $n ${name%.in}"
  else
    echo "not ok $n ${name%.in}"
    sed 's/^/# /' "$tmp/why"
    failed=1
  fi
done
exit $failed
