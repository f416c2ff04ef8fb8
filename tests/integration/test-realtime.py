# SPDX-License-Identifier: LGPL-2.1-or-later
"""core.realtime: what carries media goes before all else, if the machine grants it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

R1 = "10.11.12.13"
MEDIA = ("rfl-worker-", "rfl-mixer-")
CONF = "core: { realtime = true; };\nmixer: { };\n"


def granted():
    """Whether this machine lets this process have it; asked in another one."""
    child = os.fork()
    if child == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def schedules(reflector):
    """{name of a thread: (policy, nice)}"""
    found = {}
    folder = f"/proc/{reflector.process.pid}/task"
    for task in os.listdir(folder):
        try:
            with open(os.path.join(folder, task, "comm")) as f:
                name = f.read().strip()
            found[name] = (os.sched_getscheduler(int(task)), os.getpriority(os.PRIO_PROCESS, int(task)))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return found


def have_it(reflector):
    """Whether all threads of media are realtime; each becomes so itself, in its first moment."""
    policies = [policy for name, (policy, _) in schedules(reflector).items() if name.startswith(MEDIA)]
    return policies and set(policies) == {os.SCHED_FIFO}


def talks(lab, tap):
    calls = [Ua(lab, name, ns, address, R1).call("board", tone=tone)
             for name, ns, address, tone in (("anna", "ext1", "203.0.113.11", 440), ("ben", "ext2", "203.0.113.12", 700))]
    anna, ben = (call.streams[0] for call in calls)
    lab.engine.wait(lambda: len(anna.packets) > 10 and len(ben.packets) > 10, 5, "a conversation")
    tap.ok(True, "a call is a call")


def refused(lab, tap):
    """without the right the threads stay at normal priority, and one line says what is missing"""
    before = os.environ.get("REFLECTORD_WRAPPER")
    os.environ["REFLECTORD_WRAPPER"] = "setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice"
    try:
        one = Reflector(lab, "r1", R1, conf=CONF)
    finally:
        del os.environ["REFLECTORD_WRAPPER"]
        if before:
            os.environ["REFLECTORD_WRAPPER"] = before
    wait_for(lambda: "stay at normal priority" in one.log(), 5, "the line")
    tap.ok(one.log().count("stay at normal priority") == 1, "one line for all threads")
    policies = {name: policy for name, (policy, _) in schedules(one).items() if name.startswith(MEDIA)}
    tap.ok(policies and set(policies.values()) == {os.SCHED_OTHER}, "normal priority", policies)
    talks(lab, tap)


def realtime(lab, tap):
    """with it the workers and the mixer's threads have it, and nobody else"""
    one = Reflector(lab, "r1", R1, conf=CONF + f'control: {{ }};\nfiles: {{ spool = "{lab.path("spool")}"; }};\n')
    wait_for(lambda: schedules(one).get("files", (0, 0))[1] == 10, 5, "the thread of files")
    if granted():
        wait_for(lambda: have_it(one), 5, "realtime threads")
        tap.ok(True, "whatever carries media")
    else:
        tap.note("this machine grants no realtime priority")
    found = schedules(one)
    tap.ok(all(policy == os.SCHED_OTHER for name, (policy, _) in found.items() if not name.startswith(MEDIA)), "nothing else", found)
    tap.ok(found["files"][1] == 10, "files give way", found)
    talks(lab, tap)


def normal(lab, tap):
    """nobody has it unasked"""
    one = Reflector(lab, "r1", R1, conf="mixer: { };")
    policies = {name: policy for name, (policy, _) in schedules(one).items()}
    tap.ok(len(policies) >= 3 and set(policies.values()) == {os.SCHED_OTHER}, "all threads are at normal priority", policies)
    one.configure(CONF)
    one.reload()
    tap.ok("core.realtime has changed: restart the daemon for that" in one.log(), "a reload says that it needs a restart")


main(refused, realtime, normal)
