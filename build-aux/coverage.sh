#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Reads what a build with --enable-coverage has counted, prints both figures and the weakest files, and
# fails below the floors. Runs no tests itself.
#
# coverage.sh BUILD-TREE
set -u -o pipefail
top=$(dirname "$(readlink -f "$0")")/..
top=$(readlink -f "$top")
cd "$1" || exit 1
core="$top/core/"
parsers="$top/(core/wire/|plugins/interconnect/(decode|frame|message)|plugins/sip/(sdp/|request/uri))"

gcovr --root "$top" --object-directory . --exclude '.*tests/.*' --json coverage.json . >coverage.log 2>&1 ||
  { tail -n 20 coverage.log; exit 1; }

floor () { # NAME PER-CENT FILTER
  local lines status
  lines=$(gcovr --root "$top" --add-tracefile coverage.json --filter "$3" --txt --fail-under-line "$2" 2>/dev/null)
  status=$?
  printf '%s: %s of lines, at least %s %%\n' "$1" "$(awk '/^TOTAL/ { print $4 }' <<<"$lines")" "$2"
  return "$status"
}

gcovr --root "$top" --add-tracefile coverage.json --txt 2>/dev/null |
  awk '/%/ && $4 + 0 < 85 && !/^TOTAL/ { print "weak: " $1 " " $4 }'
failed=0
floor core 85 "$core" || failed=1
floor 'wire parsers' 90 "$parsers" || failed=1
exit "$failed"
