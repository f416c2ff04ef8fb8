# SPDX-License-Identifier: LGPL-2.1-or-later
"""Digest with SHA-256 and MD5 (RFC 8760): each phone registers and calls with the default settings; who bears two
challenges, and what is left where a user has no SHA-256 hash."""
import os
import re
import time

from lab import Ua, main
from lab.ear import Signals
from lab.net import wait_for
from lab.phones import Baresip, Linphone, Sipp
from lab.reflector import Reflector
from lab.twinkle import Twinkle

R1 = "10.11.12.13"
EXT1 = ("ext1", "203.0.113.11")
BOTH = ["SHA-256", "MD5"]


def eventually(predicate, timeout):
    try:
        return wait_for(lambda: predicate() or time.sleep(0.1), timeout, "it")
    except TimeoutError:
        return False


def registered(reflector):
    return {r["name"] for r in reflector.status()["plugins"]["sip"]["registrations"]}


def calls(reflector):
    return reflector.status()["plugins"]["sip"]["count"]


def headers(packets, start, name):
    """The values of header `name` in messages that begin with `start`, a list for each that has any."""
    found = (re.search(start + rb".*?\r\n\r\n", p, re.S) for p in packets)
    lists = (re.findall(rb"\r\n" + name + rb": *([^\r]*)", m.group(0)) for m in found if m)
    return [values for values in lists if values]


def algorithms(values):
    return [re.search(rb'algorithm="?([\w-]+)', v).group(1).decode() if b"algorithm" in v else "MD5" for v in values]


class Watch:
    """What is challenged and what is answered between a phone and the reflector."""

    def __init__(self, lab):
        self.there, self.here = Signals(lab, EXT1[0]), Signals(lab, "r1")

    def offered(self):
        return [algorithms(v) for v in headers(self.there.packets, rb"SIP/2\.0 401", rb"WWW-Authenticate")]

    def answered(self, method):
        return [algorithms(v) for v in headers(self.here.packets, method, rb"Authorization")]

    def agents(self):
        return {a.decode() for values in headers(self.here.packets, rb"[A-Z]+ sip:", rb"User-Agent") for a in values}

    def close(self):
        self.there.close()
        self.here.close()


def check(tap, watch, name, expected):
    """It saw no other challenges than `expected`, and what was chosen is told."""
    offered = watch.offered()
    tap.note(f"{name}: {watch.agents()}")
    tap.ok(offered and all(o == expected for o in offered), f"{name} was offered {expected}", offered)
    for method in (b"REGISTER", b"INVITE"):
        answered = watch.answered(method)
        tap.ok(answered and all(set(a) <= set(expected) for a in answered),
               f"{name} answered {method.decode()} with {answered and answered[-1]}", answered)


def phone(lab, tap, r1, expected, make, name):
    watch = Watch(lab)
    one = make(lab)
    tap.ok(eventually(lambda: one.name in registered(r1), 15), f"{name} has registered", r1.status()["counters"])
    one.call("room")
    tap.ok(eventually(lambda: calls(r1) == 1, 10), f"{name} has called", r1.status()["counters"])
    one.hangup()
    tap.ok(eventually(lambda: calls(r1) == 0, 10), f"{name} has hung up")
    one.stop()
    check(tap, watch, name, expected)
    watch.close()


def sipp(lab, tap, r1, expected, name):
    watch = Watch(lab)
    register = Sipp(lab, "sipp", *EXT1, R1, 440, seconds=2)
    register.register()
    tap.ok(eventually(lambda: "sipp" in registered(r1), 10), f"{name} has registered", r1.status()["counters"])
    register.process.wait(10)
    register.call("room")
    tap.ok(eventually(lambda: calls(r1) == 1, 10), f"{name} has called", r1.status()["counters"])
    tap.ok(eventually(lambda: calls(r1) == 0, 15), f"{name} has hung up")
    check(tap, watch, name, expected)
    watch.close()


def baresip(name, **options):
    return lambda lab: Baresip(lab, name, *EXT1, R1, 440, register=True, **options)


def linphone(name, **options):
    return lambda lab: Linphone(lab, name, *EXT1, R1, 440, register=True, **options)


def twinkle(name):
    return lambda lab: Twinkle(lab, name, *EXT1, R1, 440, register=True)


USERS = dict.fromkeys(("anna", "beth", "carl", "cleo", "dora", "sipp"), "secret")


def no_wrong_answer(tap, r1):
    counters = r1.status()["counters"]
    tap.ok(counters["auth.wrong"] == 0, "no answer was wrong", counters)


def by_default(lab, tap):
    """each phone registers and calls; who is known to bear it is challenged with both"""
    r1 = Reflector(lab, "r1", R1, users=USERS)
    tap.ok(r1.status()["plugins"]["auth"]["offered"] == "SHA-256, MD5", "both are offered")
    phone(lab, tap, r1, ["MD5"], baresip("anna"), "baresip")
    phone(lab, tap, r1, ["MD5"], baresip("beth", transport="tcp"), "baresip over TCP")
    phone(lab, tap, r1, BOTH, linphone("carl"), "linphonec")
    phone(lab, tap, r1, BOTH, linphone("cleo", transport="tcp"), "linphonec over TCP")
    phone(lab, tap, r1, ["MD5"], twinkle("dora"), "twinkle")
    sipp(lab, tap, r1, ["MD5"], "sipp")
    no_wrong_answer(tap, r1)


def for_everybody(lab, tap):
    """who passes over what it does not know finds the MD5 challenge behind the other one"""
    r1 = Reflector(lab, "r1", R1, users=USERS, sip='sha256_agents = [ "" ];')
    phone(lab, tap, r1, BOTH, twinkle("dora"), "twinkle")
    phone(lab, tap, r1, BOTH, linphone("carl"), "linphonec")
    no_wrong_answer(tap, r1)


def one_user_lacks_it(lab, tap):
    """one user with an MD5 hash alone, of htdigest, keeps SHA-256 back, and a reload brings it"""
    r1 = Reflector(lab, "r1", R1, users=USERS)
    users = os.path.join(r1.dir, "users")
    with open(users) as f:
        lines = f.readlines()
    with open(users, "w") as f:
        f.writelines(line for line in lines if not line.startswith("anna:") or ":SHA-256:" not in line)
    r1.reload()
    tap.ok(eventually(lambda: r1.status()["plugins"]["auth"]["offered"] == "MD5", 5), "MD5 alone is offered")
    phone(lab, tap, r1, ["MD5"], linphone("anna"), "linphonec")
    with open(users, "w") as f:
        f.writelines(lines)
    r1.reload()
    tap.ok(eventually(lambda: r1.status()["plugins"]["auth"]["offered"] == "SHA-256, MD5", 5), "then both")


def guess(lab, r1, name):
    """Wrong passwords until the name must wait for eight seconds."""
    wrong = 0
    while wrong < 4:
        before = r1.status()["counters"]["auth.wrong"]
        one = Ua(lab, name, *EXT1, R1, password="wrong").call("room", wait=False)
        one.wait_final()
        one.ua.close()
        wrong += r1.status()["counters"]["auth.wrong"] - before
        time.sleep(0.2)


def after_guesses(lab, tap):
    """where somebody has guessed at a phone's address it is refused, tries again, and gets in; a colleague at once"""
    r1 = Reflector(lab, "r1", R1, users=USERS, sip="wrong_attempts = 1; wrong_rate = 0.0; wrong_wait = 8;")
    watch = Watch(lab)
    guess(lab, r1, "carl")
    tap.ok(r1.status()["counters"]["sip.unseen_credentials"] > 0, "guesses were refused unseen", r1.status()["counters"])
    carl = linphone("carl")(lab)
    tap.ok(eventually(lambda: watch.there.answers("REGISTER").count(500) == 1, 10), "linphonec has to wait",
           watch.there.answers("REGISTER"))
    anna = Ua(lab, "anna", *EXT1, R1, password="secret").call("room")
    tap.ok(anna.responses[-1] == 200, "a colleague at the same address calls meanwhile", anna.responses)
    tap.ok(eventually(lambda: "carl" in registered(r1), 30), "then linphonec registers", watch.there.answers("REGISTER"))
    anna.hangup()
    carl.stop()
    watch.close()


main(by_default, for_everybody, one_user_lacks_it, after_guesses)
