#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that continuous integration checks: `./quickstart check`. Each stage runs by itself in a
# build tree of its own below build/check/, as many at once as there are processors. Those with real
# daemons and phones (net…) come last, one after the other: they measure times. One line each, and
# all of its output when it fails. Installs nothing.
#
# check.sh [STAGE…]    env: CHECK_DIR=build/check  FUZZ_TOTAL=60 seconds of fuzzing in all
set -u -o pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
top=$PWD
dir=${CHECK_DIR:-$top/build/check}
export CI=true PYTHONDONTWRITEBYTECODE=1
exec </dev/null

# The slowest first, so that the end is not spent waiting for one.
all="asan gcc tsan fuzz tidy clang distcheck cppcheck format coverage valgrind net net-asan net-tsan"
stages=${*:-$all}

compiler () { # CC : with ccache where there is one
  if command -v ccache >/dev/null; then echo "ccache $1"; else echo "$1"; fi
}

configured () { # NAME CC OPTION… : a fresh or up-to-date build tree; the caller is in it then
  local name=$1 cc=$2
  shift 2
  mkdir -p "$dir/$name" && cd "$dir/$name" || return 1
  if [ ! -f config.status ] || [ "$top/configure" -nt config.status ]; then
    "$top/configure" -q CC="$(compiler "$cc")" "$@" || return 1
  fi
}

# Compiling gives way to tests that measure time.
compile () { nice -n 10 make -s "$@" >/dev/null; }

# Stages at the same time, and whatever else runs here, do not take each other's ports.
alone () {
  if unshare -rn ip link set lo up 2>/dev/null; then
    unshare -rn sh -c 'ip link set lo up && exec "$@"' sh "$@"
  else
    "$@"
  fi
}

# ---- build trees that two stages share
tree_gcc () {
  configured gcc gcc --enable-werror && compile all check TESTS=
}
tree_asan () {
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  configured asan gcc --enable-sanitizers=address,undefined && compile all check TESTS=
}
tree_tsan () {
  export TSAN_OPTIONS=exitcode=66
  configured tsan gcc --enable-sanitizers=thread && compile all check TESTS=
}

# ---- the stages: each prints what it likes; the status counts, or `skip REASON` with status 77
stage_gcc () {
  tree_gcc && alone make -s -j2 check-fast
}
stage_net () {
  tree_gcc && make -s check-net
}
stage_clang () {
  configured clang clang --enable-werror && compile all check TESTS= # its tests are those of gcc
}
stage_asan () {
  tree_asan && alone make -s -j2 check-fast
}
stage_net-asan () {
  # what the many clients say is replayed; a browser says what curl does
  local name without=
  for name in clients nat-clients files-page; do without+=" tests/integration/test-$name.py"; done
  tree_asan && make -s check-net NET_WITHOUT="$without"
}
stage_tsan () {
  # what GnuTLS does under locks of its own, and GLib where it hands a task to a worker, looks like races
  tree_tsan && alone make -s -j2 check-fast \
    FAST_WITHOUT="tests/unit/test-client-tls tests/unit/test-client-transfer tests/unit/test-appshare-tls \
      tests/unit/test-files-links"
}
stage_net-tsan () {
  local name tests=
  for name in room link transport crash hostile; do tests+=" tests/integration/test-$name.py"; done
  export HOSTILE_PACKETS=300
  tree_tsan && make -s check TESTS="$tests"
}
stage_fuzz () {
  local targets
  configured fuzz clang --enable-fuzzing && compile fuzz-programs || return 1
  targets=$(find tests/fuzz -maxdepth 1 -type f -executable -name 'fuzz-*' | wc -l)
  [ "$targets" -gt 0 ] || { skip "no fuzz targets"; return; }
  nice -n 10 make -s fuzz FUZZ_SECONDS=$(((${FUZZ_TOTAL:-60} + targets - 1) / targets))
}
stage_format () {
  local file bad=0
  while read -r file; do
    clang-format "$file" | cmp -s - "$file" || { echo "$file: run clang-format -i on it"; bad=1; }
  done < <(sources '*.c' '*.h')
  return "$bad"
}
stage_tidy () {
  local flags
  configured tidy gcc || return 1 # for its config.h
  read -ra flags < <(pkg-config --cflags glib-2.0 gmodule-2.0 gio-2.0 gio-unix-2.0 libconfig sofia-sip-ua-glib libsoup-3.0)
  flags+=(-std=gnu11 -D_GNU_SOURCE "-I$top/include" "-I$top" "-I$dir/tidy" '-DRFL_PLUGIN_DIR="/"'
    '-DRFL_CONF_DIR="/"' '-DSIP_STATE_DIR="/"' '-DFILES_STATE_DIR="/"' '-DPROBE_NAME="probe"')
  cd "$top" && sources '*.c' | nice -n 10 xargs -P 2 -I{} clang-tidy --quiet {} -- "${flags[@]}" 2>/dev/null
}
stage_cppcheck () {
  sources '*.c' | nice -n 10 cppcheck --quiet --enable=warning,portability,performance --std=c11 \
    --library=gtk --inline-suppr --suppressions-list=build-aux/cppcheck-suppressions \
    --error-exitcode=1 -I include -I . -DG_GNUC_PRINTF\(a,b\)= --file-list=-
}
stage_coverage () {
  # optimised code has fewer lines than it was written with
  configured coverage gcc --enable-coverage CFLAGS='-g -O0' && compile all check TESTS= || return 1
  find . -name '*.gcda' -delete
  alone make -s -j2 check-fast && "$top/build-aux/coverage.sh" .
}
stage_valgrind () {
  tree_gcc && make -s check TESTS=tests/nightly/valgrind.py
}
stage_distcheck () {
  # its tests are those of gcc over again; the ones that take networks are not repeated
  configured dist gcc && RFL_NO_INTEGRATION=1 nice -n 5 make -s distcheck
}

sources () { git -C "$top" ls-files -- "$@" 2>/dev/null | grep -v '^doc/examples/'; }
skip () { echo "SKIP: $*"; return 77; }

# ---- counting
tree_of () { # STAGE
  local name=${1#net-}
  name=${name/#valgrind/gcc}
  echo "$dir/${name/#net/gcc}"
}

tap_results () { # STAGE : "passed failed skipped" over the results of its tests
  find "$(tree_of "$1")" -name '*.trs' -newer "$dir/$1.started" -exec cat {} + 2>/dev/null |
    awk '/^:test-result: (PASS|XFAIL)/ { p++ } /^:test-result: (FAIL|ERROR|XPASS)/ { f++ }
         /^:test-result: SKIP/ { s++ } END { print p + 0, f + 0, s + 0 }'
}

one () { # STAGE : runs it, writes its result
  local name=$1 status start=$SECONDS results
  touch "$dir/$name.started"
  (set -e; "stage_$name") >"$dir/$name.out" 2>&1
  status=$?
  results="0 0 0"
  case $name in gcc | asan | tsan | valgrind | net*) results=$(tap_results "$name") ;; esac
  echo "$status $((SECONDS - start)) $results" >"$dir/$name.result"
}

show () { # STAGE : its line, and its output if it failed
  local name=$1 status seconds p f s word reason=
  read -r status seconds p f s <"$dir/$name.result"
  case $status in
    0) word=ok ;;
    77) word=skip reason=" ($(sed -n 's/^SKIP: //p' "$dir/$name.out" | tail -n 1))" ;;
    *) word=FAIL ;;
  esac
  if [ "$((p + f + s))" -gt 0 ]; then
    [ "$status" != 0 ] && [ "$f" = 0 ] && f=1
    reason=" $p passed, $f failed, $s skipped"
  else
    case $word in ok) p=1 ;; skip) s=1 ;; *) f=1 ;; esac
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-4s %-10s %4d s %s\n' "$word" "$name" "$seconds" "$reason"
  if [ "$word" = FAIL ]; then
    failing_logs "$name"
    grep -vE '^(PASS|SKIP): ' "$dir/$name.out" | tail -n 200 | sed 's/^/    /'
  fi
  find "$(tree_of "$name")" -name '*.log' -newer "$dir/$name.started" -exec grep -h ' is run again, for ' {} + 2>/dev/null |
    sed 's/^#/   /' | sort -u
  if [ "$s" -gt 0 ] && [ "$word" != skip ]; then
    find "$(tree_of "$name")" -name '*.log' -newer "$dir/$name.started" -exec grep -HE '^(ok|1\.\.0) .*# SKIP' {} + 2>/dev/null |
      sed -E 's,^.*/([^/]*)\.log:(ok [0-9]* -? ?|1\.\.0 # SKIP ),    skipped: \1: ,' | sort -u
  fi
}

failing_logs () { # of test programs: first what failed in them, then their logs
  local trs failing=()
  while read -r trs; do
    grep -qE '^:test-result: (FAIL|ERROR|XPASS)' "$trs" && failing+=("${trs%.trs}")
  done < <(find "$(tree_of "$1")" -name '*.trs' -newer "$dir/$1.started" 2>/dev/null)
  for trs in "${failing[@]}"; do
    echo "    in ${trs#"$(tree_of "$1")/"}:"
    grep -E '^(not ok|Bail out|(FAIL|ERROR): )' "$trs.log" | sed 's/^/      /'
  done
  for trs in "${failing[@]}"; do
    echo "    --- $trs.log"
    grep -v '^PASS: ' "$trs.log" | tail -n 200 | sed 's/^/    /'
  done
}

# ---- go
mkdir -p "$dir"
if [ ! -x configure ] || [ -n "$(find configure.ac Makefile.am m4/reflector.m4 -newer configure)" ]; then
  ./autogen.sh >"$dir/autogen.out" 2>&1 || { cat "$dir/autogen.out"; exit 1; }
fi
for name in $stages; do
  [ "$(type -t "stage_$name")" = function ] || { echo "no such stage: $name ($all)" >&2; exit 2; }
done
passed=0 failed=0 skipped=0
declare -A running=()
finish_one () {
  local pid
  wait -n -p pid "${!running[@]}"
  show "${running[$pid]}"
  unset "running[$pid]"
}
trap 'kill "${!running[@]}" 2>/dev/null; exit 130' INT TERM
for name in $stages; do
  most=$(nproc)
  case $name in net* | valgrind) most=1 ;; esac
  while [ "${#running[@]}" -ge "$most" ]; do finish_one; done
  one "$name" &
  running[$!]=$name
done
while [ "${#running[@]}" -gt 0 ]; do finish_one; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
