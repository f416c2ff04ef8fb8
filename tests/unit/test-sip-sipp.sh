#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A real daemon called by sipp over loopback: calls with and without digest, hold,
# OPTIONS, many calls, over UDP and TCP; at the end it has no calls and stops at once. (CANCEL
# needs an answer that waits: see test-sip-dialog.c.)
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=${RFL_TOP_BUILDDIR:-.}
if ! command -v sipp >/dev/null || ! command -v python3 >/dev/null; then
  echo "1..0 # SKIP sipp or python3 is not installed"
  exit 0
fi
dir=$(mktemp -d)
number=0 failed=0 daemon=
base=$((30000 + $$ % 2500 * 10))

cleanup ()
{
  [ -n "$daemon" ] && kill -9 "$daemon" 2>/dev/null
  rm -rf "$dir"
}
trap cleanup EXIT

result () # STATUS DESCRIPTION
{
  number=$((number + 1))
  if [ "$1" = 0 ]; then
    echo "ok $number $2"
  else
    echo "not ok $number $2"
    failed=1
    tail -n 20 "$dir/log" "$dir/sipp.log" | cut -c 1-300 | sed 's/^/# /'
  fi
}

status () # PATH of keys
{
  python3 - "$dir/status.sock" "$@" 2>>"$dir/log" <<'PYTHON'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
value = json.loads(b"".join(iter(lambda: s.recv(65536), b"")))
for key in sys.argv[2:]:
    value = value[key]
print(value)
PYTHON
}

start () # extra configuration
{
  mkdir -p "$dir/conf.d"
  cat >"$dir/conf.d/10-test.conf" <<CONF
core: { workers = 1; };
sip: { port = $base; addresses = [ "127.0.0.1" ]; transaction_timeout = 4; };
rtp: { audio_port = $((base + 2)); audio_rtcp_port = $((base + 3));
       video_port = $((base + 4)); video_rtcp_port = $((base + 5)); };
status: { socket = "$dir/status.sock"; };
$1
CONF
  : >"$dir/sipp.log"
  "$top/reflectord" --config "$dir/conf.d" >"$dir/log" 2>&1 &
  daemon=$!
  for _ in $(seq 100); do
    grep -q "ready as" "$dir/log" && return 0
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  return 1
}

stop ()
{
  local begin=$SECONDS code
  kill -TERM "$daemon"
  # libtool's wrapper, where the daemon is not installed, hands the signal on by exec.
  wait "$daemon"
  code=$?
  daemon=
  [ "$code" = 0 ] && [ $((SECONDS - begin)) -le 5 ]
}

phone () # SCENARIO ROOM and sipp's options
{
  local scenario=$1 room=$2
  shift 2
  timeout 30 sipp "127.0.0.1:$base" -sf "$here/sip-sipp/$scenario.xml" -s "$room" -i 127.0.0.1 \
    -mi 127.0.0.1 -inf "$dir/users.csv" -m 1 -r 1000 -nostdin -timeout 20 -recv_timeout 8000 \
    -trace_err -error_file "$dir/sipp.log" "$@" >"$dir/sipp.out" 2>&1
}

none_left ()
{
  for _ in $(seq 80); do
    [ "$(status plugins sip count)" = 0 ] && return 0
    sleep 0.1
  done
  return 1
}

touch "$dir/sipp.log"
printf 'SEQUENTIAL\nann;[authentication username=ann password=secret]\n' >"$dir/users.csv"
echo "1..9"
start "" || { sed 's/^/# /' "$dir/log"; echo "Bail out! the daemon does not start"; exit 1; }
result 0 "starts"
phone options room
result $? "OPTIONS"
phone call room -d 100
result $? "a call with hold and resume over UDP"
phone call room -d 100 -t t1
result $? "a call with hold and resume over TCP"
phone call many -d 500 -m 200 -r 100 -l 100
result $? "200 calls in one room"
none_left
result $? "no call is left"
stop
result $? "SIGTERM ends it at once"

printf 'ann:test:%s\n' "$(printf 'ann:test:secret' | md5sum | cut -d ' ' -f 1)" >"$dir/users"
chmod 600 "$dir/users"
start "auth: { users_file = \"$dir/users\"; realm = \"test\"; };"
phone digest room -d 100
result $? "digest"
printf 'SEQUENTIAL\nann;[authentication username=ann password=wrong]\n' >"$dir/users.csv"
phone wrong room
result $? "a wrong password is challenged again"
stop || failed=1
exit $failed
