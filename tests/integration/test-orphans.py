# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of a reflector in the midst of calls: its successor ends them, whatever phones they are;
also when the journal was damaged, and when its disk was full while calls began."""
import os
import subprocess
import time

from lab import Ua, main
from lab.net import wait_for
from lab.phones import Baresip, Linphone, Sipp
from lab.reflector import Reflector

R1 = "10.11.12.13"
EXT1, EXT2, INSIDE = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12"), ("extn", "198.51.100.11")
USERS = {name: "secret" for name in ("anna", "ben", "sam")}


def sip(reflector):
    return reflector.status()["plugins"]["sip"]


def counters(reflector):
    return reflector.status()["counters"]


def journal(reflector):
    with open(os.path.join(reflector.state, "dialogs"), "rb") as f:
        return f.read()


def records(reflector):
    """Whole lines of dialogs, of those that have not ended."""
    lines = [line.split(b" ") for line in journal(reflector).splitlines()]
    ended = {line[1] for line in lines if line[0] == b"E"}
    return {line[1] for line in lines if line[0] == b"A"} - ended


def written(reflector, calls):
    """The first file comes from the writer's thread, perhaps after the first call."""
    path = os.path.join(reflector.state, "dialogs")
    wait_for(lambda: os.path.exists(path) and len(records(reflector)) == calls, 5, f"{calls} calls in the journal")


def phones(lab, tap):
    """baresip, linphonec and sipp hang up after a crash"""
    one = Reflector(lab, "r1", R1, users=USERS)
    baresip = Baresip(lab, "anna", *EXT1, R1, 440)
    linphone = Linphone(lab, "ben", *EXT2, R1, 700)
    sipp = Sipp(lab, "sam", *INSIDE, R1, 1000)
    baresip.call("orphans")
    linphone.call("orphans")
    sipp.call("orphans")
    wait_for(lambda: sip(one)["count"] == 3, 5, "three calls")
    written(one, 3)
    one.kill()
    one.start()
    baresip.wait_event("CALL_CLOSED", 5)
    tap.ok(True, "baresip has hung up")
    wait_for(lambda: "ended" in linphone.output().lower() or "terminated" in linphone.output().lower(), 5,
             "linphonec hangs up")
    wait_for(lambda: sipp.process.poll() is not None, 5, "sipp ends")
    wait_for(lambda: sip(one)["orphans"] == 0, 5, "all are dealt with")
    ended = counters(one)["sip.orphans_ended"]
    tap.ok(ended == 3, "all three have answered with 200", ended)
    wait_for(lambda: not records(one), 5, "an empty journal")
    baresip.call("orphans")
    tap.ok(sip(one)["count"] == 1, "and may call again")


def transports(lab, tap):
    """phones with and without a NAT before them get one BYE; unknown dialogs 481"""
    one = Reflector(lab, "r1", R1)
    udp = Ua(lab, "uwe", *EXT1, R1).call("orphans")
    nat = Ua(lab, "nina", *INSIDE, R1).call("orphans")
    written(one, 2)
    one.kill()
    one.start()
    for call in (udp, nat):
        call.wait_ended()
    byes = [m for ua in (udp.ua, nat.ua) for _, m in ua.requests if m.method == "BYE"]
    tap.ok(all("restarted" in (m.get("reason") or "") for m in byes) and len(byes) == 2,
           "one BYE each, with a reason", byes)
    late = Ua(lab, "lena", *EXT2, R1).call("orphans")
    written(one, 1)
    late.remote_tag = "another"  # as of a dialog that nobody remembers
    status = late.reinvite("sendonly")
    tap.ok(status == 481, "a re-INVITE of a dialog that nobody knows gets 481", status)


def damaged(lab, tap):
    """of a damaged journal what is whole is used"""
    one = Reflector(lab, "r1", R1)
    calls = [Ua(lab, f"u{i}", *EXT1, R1, port=5060 + i).call("orphans") for i in range(1, 6)]
    written(one, 5)
    one.kill()
    lines = journal(one).splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith(b"A "))
    lines[first] = lines[first].replace(b"sip:", b"tel:", 1)
    with open(os.path.join(one.state, "dialogs"), "wb") as f:
        f.write(b"\0\xff" * 100 + b"\n" + b"".join(lines) + os.urandom(5000) + lines[first][:40])
    one.start()
    wait_for(lambda: sum(call.state == "ended" for call in calls) == 4, 5, "four calls end")
    tap.ok(sip(one)["orphans"] == 0, "nothing else was tried", sip(one)["orphans"])
    tap.ok(sum(call.state == "up" for call in calls) == 1, "the fifth one was not readable")


def full_disk(lab, tap):
    """a full disk costs no call, and the journal is whole when there is space again"""
    one = Reflector(lab, "r1", R1, start=False)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", one.state], check=True)
    lab.defer(subprocess.run, ["umount", one.state])
    one.start()
    before = Ua(lab, "early", *EXT1, R1).call("orphans")
    written(one, 1)
    rest = os.path.join(one.state, "rest")
    with open(rest, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 1024)
        except OSError:
            pass
    calls = [Ua(lab, f"u{i}", *EXT2, R1, port=5060 + i).call("orphans") for i in range(1, 41)]
    tap.ok(sip(one)["count"] == 41, "40 calls begin on a full disk", sip(one)["count"])
    wait_for(lambda: not sip(one)["journal"]["works"], 5, "status says that the journal does not work")
    for call in calls[30:]:
        call.hangup()
    before.hangup()
    with open(lab.path("reflectord-r1.log")) as f:
        warnings = f.read().count("journal of dialogs cannot be written")
    tap.ok(warnings == 1, "one warning", warnings)
    os.unlink(rest)
    wait_for(lambda: sip(one)["journal"]["works"], 10, "the journal works again")
    written(one, 30)
    one.kill()
    one.start()
    wait_for(lambda: all(call.state == "ended" for call in calls), 5, "everybody is sent a BYE")
    ended = counters(one)["sip.orphans_ended"]
    tap.ok(ended == 30, "and nobody else", ended)


def clean(lab, tap):
    """a stop leaves an empty journal"""
    one = Reflector(lab, "r1", R1)
    call = Ua(lab, "uwe", *EXT1, R1).call("orphans")
    written(one, 1)
    status = one.stop()
    call.wait_ended()
    tap.ok(status == 0 and journal(one) == b"", "it is empty", status, journal(one))


main(phones, transports, damaged, full_disk, clean)
