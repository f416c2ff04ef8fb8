# SPDX-License-Identifier: LGPL-2.1-or-later
"""Descriptors run out while calls come: who is in a call hears on, newcomers over UDP get in, those over TCP are
refused or served in the end, the daemon does not spin, and all is well when there are descriptors again."""
import os
import resource
import socket
import time

from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector
from lab.stream import exactly_once

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")


def descriptors(reflector):
    return len(os.listdir(f"/proc/{reflector.process.pid}/fd"))


def seconds_of_cpu(reflector):
    with open(f"/proc/{reflector.process.pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit(reflector, soft):
    _, hard = resource.prlimit(reflector.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(reflector.process.pid, resource.RLIMIT_NOFILE, (soft, hard))


def idle_connections(lab, count):
    """Strangers that connect and say nothing; some will only stand in the kernel's queue."""
    made = []
    for _ in range(count):
        sock = lab.socket("extn", kind=socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.connect_ex((R1, 5060))
        made.append(sock)
        lab.defer(sock.close)
    return made


def crowded(lab, tap, one, spare, callers):
    """Leaves `spare` descriptors, lets strangers connect and `callers` call over TCP. Returns these."""
    limit(one, descriptors(one) + spare)
    sockets = idle_connections(lab, 40)
    cpu, began = seconds_of_cpu(one), time.monotonic()
    uas = [Ua(lab, f"t{i}", *EXT2, R1, tcp=True) for i in range(callers)]
    calls = [ua.call("full", wait=False) for ua in uas]
    udp = Ua(lab, f"new{spare}", *EXT1, R1).call("full", tone=1000)
    tap.ok(udp.state == "up", f"{spare} descriptors left: a newcomer over UDP gets in", udp.responses)
    time.sleep(3)
    final = {call.status for call in calls if call.state == "failed"}
    tap.ok(final <= {503}, "who is refused over TCP gets 503", final)
    share = (seconds_of_cpu(one) - cpu) / (time.monotonic() - began)
    tap.ok(share < 0.5, "and the daemon does not spin", round(share, 2))
    tap.note(f"{100 * share:.0f} % of a processor, "
             f"{sum(call.state == 'up' for call in calls)} of {callers} calls over TCP got in at once")
    return sockets, calls, udp


def granted(lab, tap):
    """the daemon takes as many descriptors as it may have, not what the shell gave it"""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    one = Reflector(lab, "r1", R1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
    soft = resource.prlimit(one.process.pid, resource.RLIMIT_NOFILE)[0]
    tap.ok(soft == min(hard, 65536), "its limit is the hard one, or 65,536", soft, hard)


def exhausted(lab, tap):
    """without descriptors calls go on, and newcomers are refused or come in later"""
    one = Reflector(lab, "r1", R1)
    calls = [Ua(lab, "anna", *EXT1, R1).call("full", tone=440),
             Ua(lab, "ben", *EXT2, R1, tcp=True).call("full", tone=700)]
    anna, ben = (call.streams[0] for call in calls)
    lab.engine.wait(lambda: len(anna.packets) > 10 and len(ben.packets) > 10, 5, "a conversation")
    before, old = descriptors(one), resource.prlimit(one.process.pid, resource.RLIMIT_NOFILE)[0]
    since = time.time()
    for spare in (0, 6, 20):
        sockets, callers, udp = crowded(lab, tap, one, spare, 8)
        for sock in sockets:
            sock.close()
        for call in [*callers, udp]:
            call.ua.close()
        limit(one, old)
        wait_for(lambda: one.status()["plugins"]["sip"]["count"] == 2, 40, "only the two calls are left")
        wait_for(lambda: descriptors(one) <= before, 40, "the descriptors are back")
    until = time.time() - 0.2
    problems = exactly_once(anna, ben, since, until) + exactly_once(ben, anna, since, until)
    tap.ok(not problems, "who was in a call has heard every packet", *problems)
    tap.ok([call.state for call in calls] == ["up", "up"], "and is still in it")
    tap.ok(calls[1].reinvite("sendonly") == 200, "also over his connection of then", calls[1].responses)
    late = Ua(lab, "late", *EXT2, R1, tcp=True).call("full")
    tap.ok(late.state == "up", "TCP is as before")


main(granted, exhausted)
