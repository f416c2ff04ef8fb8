#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# reflectorctl as an operator calls it: exit codes first, then passwords and status.
set -u
ctl=${RFL_TOP_BUILDDIR:-.}/reflectorctl
dir=$(mktemp -d) || exit 1
server=
cleanup () {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$dir"
}
trap cleanup EXIT
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
  "$@" >"$dir/out" 2>"$dir/err" </dev/null
  got=$?
  [ "$got" = "$want" ] || { sed 's/^/# /' "$dir/out" "$dir/err"; echo "# $*: $got, not $want"; return 1; }
}

ok "no command: 2" gives 2 "$ctl"
ok "an unknown command: 2" gives 2 "$ctl" dance
ok "passwd without a user: 2" gives 2 "$ctl" passwd "$dir/users"
ok "passwd with too much: 2" gives 2 "$ctl" passwd "$dir/users" a b c
ok "passwd with an unknown option: 2" gives 2 "$ctl" passwd -x "$dir/users" ann
ok "passwd -c -D: 2" gives 2 "$ctl" passwd -c -D "$dir/users" ann
ok "a user with a colon: 2" gives 2 "$ctl" passwd "$dir/users" a:b
ok "an empty password: 1" gives 1 "$ctl" passwd "$dir/users" ann
ok "nothing was written" test ! -e "$dir/users"
ok "status with too much: 2" gives 2 "$ctl" status a b
ok "status without a daemon: 1" gives 1 "$ctl" status --socket "$dir/s"
ok "it says so" grep -q "no reflectord listens" "$dir/err"
ok "--help: 0" gives 0 "$ctl" --help
ok "passwd --help: 0" gives 0 "$ctl" passwd --help
ok "it names the arguments" grep -q "FILE USER \[REALM\]" "$dir/out"
ok "--version: 0" gives 0 "$ctl" --version

# ---- passwords
set_password () { printf '%s\n' "$1" | "$ctl" passwd "${@:2}"; }
line () { # USER REALM PASSWORD
  printf '%s:%s:MD5:%s\n' "$1" "$2" "$(printf '%s' "$1:$2:$3" | md5sum | cut -d' ' -f1)"
  printf '%s:%s:SHA-256:%s\n' "$1" "$2" "$(printf '%s' "$1:$2:$3" | sha256sum | cut -d' ' -f1)"
}
same () { printf '%s\n' "$1" | diff - "$2" >"$dir/diff" || { sed 's/^/# /' "$dir/diff"; return 1; }; }

ok "a first user" set_password 'se cret:"' "$dir/users" ann
ok "its lines" same "$(line ann reflectord 'se cret:"')" "$dir/users"
ok "mode 0600" test "$(stat -c %a "$dir/users")" = 600
ok "a second one" set_password other "$dir/users" bob conf.example.org
ok "both" same "$(line ann reflectord 'se cret:"'; line bob conf.example.org other)" "$dir/users"
ok "another password" set_password new "$dir/users" ann
ok "in its place" same "$(line ann reflectord new; line bob conf.example.org other)" "$dir/users"
ok "delete in another realm: 1" gives 1 "$ctl" passwd -D "$dir/users" bob
ok "delete" gives 0 "$ctl" passwd -D "$dir/users" bob conf.example.org
ok "it is gone" same "$(line ann reflectord new)" "$dir/users"
ok "no password on any output" bash -c "! grep -q new '$dir/out' '$dir/err'"
ok "twenty at once" bash -c "for i in \$(seq 20); do echo p | '$ctl' passwd '$dir/many' u\$i & done; wait"
ok "all twenty are there" test "$(wc -l <"$dir/many")" = 40

# ---- the terminal: asked twice, not echoed
terminal () { # FIRST SECOND : answers the two questions; the screen is in $dir/screen
  python3 - "$ctl" "$dir" "$1" "$2" <<'END'
import os, pty, sys
ctl, folder, first, second = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(ctl, [ctl, "passwd", folder + "/tty", "ann"])
screen = b""
def until(text):
    global screen
    while screen.count(text) < 1 or not screen.endswith(text):
        try:
            part = os.read(fd, 1024)
        except OSError:
            part = b""
        if not part:
            break
        screen += part
until(b"New password for ann: ")
os.write(fd, first.encode() + b"\n")
until(b"Again for ann: ")
os.write(fd, second.encode() + b"\n")
until(b"\0")
open(folder + "/screen", "wb").write(screen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}
ok "two answers that differ: 1" gives 1 terminal hidden1 hidden2
ok "nothing was written" test ! -e "$dir/tty"
ok "two that are the same: 0" gives 0 terminal hidden1 hidden1
ok "its lines" same "$(line ann reflectord hidden1)" "$dir/tty"
ok "the terminal did not show it" bash -c "! grep -q hidden '$dir/screen'"

# ---- status
cat >"$dir/server.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("ready", flush=True)
for answer in [b'{"core":{"id":"r 1"},"counters":{"auth.wrong":7}}\n'] * 3 + [
        b'{"name":"\\u001b]0;x\\u0007 \\u009b2J \\u00fc"}\n', b'{"core"', b"", b"{]\n"]:
    c, _ = s.accept()
    c.sendall(answer)
    c.close()
END
coproc python3 "$dir/server.py" "$dir/s"
server=$COPROC_PID
read -r _ <&"${COPROC[0]}"
ok "status: 0" gives 0 "$ctl" status --socket "$dir/s"
ok "the whole" same '{"core":{"id":"r 1"},"counters":{"auth.wrong":7}}' "$dir/out"
ok "a value: 0" gives 0 "$ctl" status --socket "$dir/s" counters.auth.wrong
ok "only that" same 7 "$dir/out"
ok "no such key: 3" gives 3 "$ctl" status -s "$dir/s" core.name
ok "a name with what terminals obey: 0" gives 0 "$ctl" status -s "$dir/s" name
ok "without that" same $'\xef\xbf\xbd]0;x\xef\xbf\xbd \xef\xbf\xbd2J \xc3\xbc' "$dir/out"
ok "half an answer: 1" gives 1 "$ctl" status -s "$dir/s"
ok "none: 1" gives 1 "$ctl" status -s "$dir/s"
ok "not JSON: 1" gives 1 "$ctl" status -s "$dir/s" core.id
echo "1..$n"
