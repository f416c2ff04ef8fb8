#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# reflector-client without a server: wrong arguments first, then that manual and completion know every option.
set -u
client=${RFL_TOP_BUILDDIR:-.}/reflector-client
source=${RFL_TOP_SRCDIR:-.}/tools/client
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0

ok () { # DESCRIPTION COMMAND… : the command succeeds
  local what=$1
  shift
  n=$((n + 1))
  if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

gives () { # EXIT-CODE COMMAND…
  local want=$1 got
  shift
  timeout 20 "$@" >"$dir/out" 2>"$dir/err" </dev/null
  got=$?
  [ "$got" = "$want" ] || { sed 's/^/# /' "$dir/out" "$dir/err"; echo "# $*: $got, not $want"; return 1; }
}

ok "no command: 2" gives 2 "$client"
ok "an unknown command: 2" gives 2 "$client" sing room@127.0.0.1
ok "no room: 2" gives 2 "$client" monitor
ok "an argument too many: 2" gives 2 "$client" monitor a b@127.0.0.1
ok "no server: 2" gives 2 "$client" monitor room
ok "a URI without a room: 2" gives 2 "$client" monitor sip:127.0.0.1
ok "an empty room: 2" gives 2 "$client" monitor @127.0.0.1
ok "sips: 2" gives 2 "$client" monitor sips:room@127.0.0.1
ok "a bad port: 2" gives 2 "$client" monitor room@127.0.0.1:70000
ok "a bad host: 2" gives 2 "$client" monitor 'room@bad host'
ok "a bracket too few: 2" gives 2 "$client" monitor 'room@[::1'
ok "an unknown parameter: 2" gives 2 "$client" monitor 'sip:room@127.0.0.1;user=phone'
ok "a bad transport: 2" gives 2 "$client" monitor -t tls room@127.0.0.1
ok "a bad mode: 2" gives 2 "$client" monitor -m some room@127.0.0.1
ok "a bad user name: 2" gives 2 "$client" monitor -u 'a b' room@127.0.0.1
ok "bad ports: 2" gives 2 "$client" monitor --media-ports 9-8 room@127.0.0.1
ok "a bad local address: 2" gives 2 "$client" monitor --local here room@127.0.0.1
ok "a bad interval: 2" gives 2 "$client" monitor -i 0 room@127.0.0.1
ok "a password as an option: 2" gives 2 "$client" monitor --password secret room@127.0.0.1
ok "a bridge to nothing: 2" gives 2 "$client" bridge room@127.0.0.1
ok "a bridge at no port: 2" gives 2 "$client" bridge --audio 65535 room@127.0.0.1
ok "a format that is none: 2" gives 2 "$client" bridge --audio 5004 --audio-format PCMU room@127.0.0.1
ok "a file that is not there: 1" gives 1 "$client" play "$dir/none.wav" room@127.0.0.1
echo "no sound" > "$dir/bad.wav"
ok "a file that is no WAV: 1" gives 1 "$client" play "$dir/bad.wav" room@127.0.0.1
ok "… with a way to make one" grep -q 'ffmpeg -i' "$dir/err"
ok "a folder that is not there: 1" gives 1 "$client" record "$dir/none/x.wav" room@127.0.0.1
ok "nobody there, over TCP: 3" gives 3 "$client" monitor --json --timeout 2 -t tcp room@127.0.0.1:9
ok "… told in JSON" grep -q '^{"event":"error","message":".*","status":3}$' "$dir/out"
ok "… and in words" grep -q '^reflector-client: 127.0.0.1 does not answer' "$dir/err"
ok "--version: 0" gives 0 "$client" --version
ok "--help: 0" gives 0 "$client" --help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' "$dir/out")
ok "--help names commands" [ -n "$commands" ]

missing () { # NAME: options of a command that the manual page lacks
  local option
  "$client" "$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u | while read -r option; do
    [ "$option" = --help ] || grep -q -- "${option//-/\\\\-}\b" "$source/reflector-client.1" || echo "$option"
  done
}
for command in $commands; do
  ok "$command --help: 0" gives 0 "$client" "$command" --help
  ok "… names the room" grep -q "^  reflector-client $command \[OPTION…\].* ROOM$" "$dir/out"
  ok "the manual has $command" grep -q "^\.SS $command" "$source/reflector-client.1"
  ok "the manual has each option of $command" [ -z "$(missing "$command" | tee /dev/stderr)" ]
done

complete_line () { # WORD… : the completions of the last one
  (COMP_WORDS=("$client" "$@") COMP_CWORD=$#
   . "$source/completion/reflector-client"
   _reflector_client
   printf '%s\n' "${COMPREPLY[@]}")
}
ok "completion knows the commands" [ "$(complete_line ros)" = roster ]
ok "completion knows a command's options" [ "$(complete_line record --ea)" = --each ]
ok "completion knows common options" [ "$(complete_line play --pass)" = --password-file ]
ok "completion knows values" [ "$(complete_line play --transport t)" = tcp ]
ok "completion invents nothing" [ -z "$(complete_line play --each)" ]
echo "1..$n"
