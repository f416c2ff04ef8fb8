#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs libFuzzer programs, each on a copy of its corpus: run.sh SECONDS CORPORA PROGRAM...
# What crashed one is left in the working directory as NAME-crash-….
# Without a network where the kernel lets us: what a running plugin is sent may name anybody's host.
set -u
if [ -z "${FUZZ_ALONE-}" ] && unshare -rn ip link set lo up 2>/dev/null; then
  export FUZZ_ALONE=1
  exec unshare -rn sh -c 'ip link set lo up && exec "$0" "$@"' "$0" "$@"
fi
seconds=$1 corpora=$2
shift 2
failed=0
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
export G_DEBUG=fatal-criticals G_SLICE=always-malloc
# What was freed is not kept long (256 MB is the default), so that the limit below is one on growth: the heap
# in use of sip-live, whose plugin meets all inputs, is 28 MB after 1,000 of them and 29 after 20,000.
export ASAN_OPTIONS="quarantine_size_mb=16:${ASAN_OPTIONS-}"
export LSAN_OPTIONS="suppressions=$(dirname "$0")/../helpers/lsan.supp:print_suppressions=0"
for program in "$@"; do
  name=${program##*/fuzz-}
  if [ "$name" = sip-live ] && [ -z "${FUZZ_ALONE-}" ]; then
    echo "skipped $name: needs a network namespace of its own"
    continue
  fi
  mkdir "$copy/$name" && cp -R "$corpora/$name/." "$copy/$name/" || exit 1
  if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=4096 \
    -artifact_prefix="$name-" -print_final_stats=1 "$copy/$name" >"$copy/log" 2>&1; then
    awk -v name="$name" '/number_of_executed_units/ { n = $2 } END { print "ok " name ": " n " inputs" }' "$copy/log"
  else
    echo "FAILED $name"
    tail -n 60 "$copy/log"
    failed=1
  fi
done
exit $failed
