#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that takes long, one part after the other, with a table at the end: `make nightly`. What it
# checks is in the parts; here they are only built and started. Each part runs alone, too:
#
# run.sh [PART…]       as root, for the namespaces
#
# Parts and their lengths:
#   fuzz        every fuzz target              FUZZ_SECONDS=300 each
#   churn-asan  people and faults, ASan build  CHURN_SECONDS=3600  CHURN_SEED=random
#   churn       the same, release build
#   hostile     mutated packets, ASan build    HOSTILE_PACKETS=10000 of each protocol
#   inactivity  two minutes, in real time
#   fifty       fifty viewers of a broadcast    FILM_SECONDS=120, twice
#   files       two gibibytes across a firewall beside a conference, cut and killed in the middle   FILE_MIB=2048
#   valgrind    a conference under memcheck
#   suite       the whole suite                SUITE_TIMES=10  SUITE_TESTS="tests/unit/test-x …": those alone
#   bench       what forwarding costs          BENCH_OPTIONS="--seconds 1"
# env: NIGHTLY_DIR=build/nightly: build trees and logs
set -u -o pipefail
top=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
dir=${NIGHTLY_DIR:-$top/build/nightly}
mkdir -p "$dir/logs" && dir=$(readlink -f "$dir") || exit 1
logs=$dir/logs
export PYTHONDONTWRITEBYTECODE=1 CHURN_SECONDS=${CHURN_SECONDS:-3600}
all="fuzz churn-asan churn hostile inactivity fifty valgrind suite bench"
exec </dev/null

tree () { # NAME CC OPTION… : an up-to-date build tree; the caller is in it then
  local name=$1 cc=$2
  shift 2
  command -v ccache >/dev/null && cc="ccache $cc"
  mkdir -p "$dir/$name" && cd "$dir/$name" || return 1
  if [ ! -f config.status ] || [ "$top/configure" -nt config.status ]; then
    "$top/configure" -q CC="$cc" "$@" || return 1
  fi
  make -s -j"$(nproc)" all >/dev/null && make -s -j"$(nproc)" check TESTS= >/dev/null || return 1
  export RFL_TOP_BUILDDIR=$PWD RFL_TOP_SRCDIR=$top
}
release () { tree release gcc; }
asan () {
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  # a small quarantine, so that growth can be told from it
  export ASAN_OPTIONS=quarantine_size_mb=16
  export LSAN_OPTIONS="suppressions=$top/tests/helpers/lsan.supp:print_suppressions=0"
  tree asan gcc --enable-sanitizers=address,undefined
}

part_fuzz () {
  tree fuzz clang --enable-fuzzing && make -s fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-300}"
}
part_churn () {
  release && CHURN_LOG=$logs/churn-daemons python3 "$top/tests/nightly/churn.py"
}
part_churn-asan () {
  asan && CHURN_SANITIZED=1 CHURN_LOG=$logs/churn-asan-daemons python3 "$top/tests/nightly/churn.py"
}
part_hostile () {
  asan && HOSTILE_PACKETS=${HOSTILE_PACKETS:-10000} python3 "$top/tests/integration/test-hostile.py"
}
part_inactivity () {
  release && python3 "$top/tests/nightly/inactivity.py"
}
part_fifty () {
  release && python3 "$top/tests/nightly/share-fifty.py"
}
part_files () {
  release && python3 "$top/tests/nightly/files.py"
}
part_valgrind () {
  release && python3 "$top/tests/nightly/valgrind.py"
}
part_suite () {
  local i failed=0
  release || return 1
  for ((i = 1; i <= ${SUITE_TIMES:-10}; i++)); do
    make -s check ${SUITE_TESTS:+TESTS="$SUITE_TESTS"} >"$logs/suite-$i.log" 2>&1 && echo "run $i: ok" && continue
    echo "run $i: failed"
    grep -E '^(FAIL|ERROR)' "$logs/suite-$i.log"
    mkdir -p "$logs/suite-$i" && find tests -name '*.log' -exec cp --parents {} "$logs/suite-$i" \;
    failed=1
  done
  return "$failed"
}
part_bench () {
  release && make -s bench
}

last_words () { # FILE : what a part said in the end
  grep -vE '^(1\.\.|#|$)' "$1" | tail -n 1 | cut -c 1-70
}

parts=${*:-$all}
for part in $parts; do
  [ "$(type -t "part_$part")" = function ] || { echo "no such part: $part ($all)" >&2; exit 2; }
done
trap 'kill 0' INT TERM
failed=0 table=
for part in $parts; do
  start=$SECONDS
  echo "== $part: see $logs/$part.log"
  ("part_$part") >"$logs/$part.log" 2>&1 &
  wait $!
  status=$?
  case $status in
    0) word=ok ;;
    77) word=skip ;;
    *) word=FAIL failed=1 ;;
  esac
  table+=$(printf '%-5s %-11s %6d s  %s' "$word" "$part" "$((SECONDS - start))" "$(last_words "$logs/$part.log")")$'\n'
  [ "$word" = FAIL ] && tail -n 40 "$logs/$part.log" | sed 's/^/    /'
done
printf '\n%s' "$table" | tee "$logs/summary"
exit "$failed"
