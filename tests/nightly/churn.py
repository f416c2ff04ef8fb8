# SPDX-License-Identifier: LGPL-2.1-or-later
"""An hour in the life of two linked reflectors: people come, talk, hold and vanish, reflectors die, the
link suffers; every few minutes everybody goes home, and then everything must be as it was. Not one of
the tests of make check: see CONTRIBUTING.md.

Environment: CHURN_SECONDS=3600  CHURN_SEED=random  CHURN_ROUND=180 seconds between two checkpoints
CHURN_USERS=24  CHURN_RATE=12 actions a second  CHURN_LOG=folder for the daemons' logs
CHURN_SANITIZED=1: an ASan build (its memory is measured less exactly; leaks are found at each end)"""
import os
import random
import shutil
import signal
import sys
import time

import crowd  # first: it makes `lab` known
from crowd.faults import Faults
from crowd.person import Person
from crowd.site import Site
from lab import Lab, Skip, Ua, sip
from lab.net import wait_for
from lab.stream import exactly_once

R1, R2, SIX = "10.11.12.13", "10.11.12.14", "2001:db8::13"
PLACES = [("ext1", "203.0.113.11", R1, False, "r1"), ("ext2", "203.0.113.12", R1, True, "r1"),
          ("ext1", "2001:db8::11", SIX, False, "r1"), ("ext2", "2001:db8::12", SIX, True, "r1"),
          ("extn", "198.51.100.11", R1, False, "r1"), ("priv1", "192.168.10.11", R2, False, "r2"),
          ("priv2", "192.168.10.12", R2, True, "r2"), ("priv2", "192.168.10.12", R2, False, "r2")]
CHECKERS = [("ext1", "203.0.113.11", R1), ("ext2", "203.0.113.12", R1), ("priv1", "192.168.10.11", R2),
            ("priv2", "192.168.10.12", R2)]
ROOMS = ["one", "two", "three", "four", "caf%C3%A9", "deep"]
CONF = "rtp: { inactivity_timeout = 10; }; sip: { transaction_timeout = 4; idle = 30; };\n"
USERS = {f"user{i}": f"secret{i}" for i in range(4)}
TICK = 0.1
FORGET = float(os.environ.get("CHURN_FORGET", 34))


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Churn:
    def __init__(self, lab, seconds, seed):
        self.lab, self.seconds, self.random = lab, seconds, random.Random(seed)
        self.round_seconds = float(os.environ.get("CHURN_ROUND", 180))
        self.rate = float(os.environ.get("CHURN_RATE", 12))
        self.problems = []
        sanitized = bool(os.environ.get("CHURN_SANITIZED"))
        self.sites = {"r1": Site(lab, "r1", R1, self.problems, sanitized, peers=[R2], users=USERS,
                                 conf=CONF + "auth: { max_nonces = 64; };\n"),
                      "r2": Site(lab, "r2", R2, self.problems, sanitized, peers=[R1], conf=CONF)}
        self.faults = Faults(lab, self.sites, self.random, self.note)
        self.people = [self.person(i) for i in range(int(os.environ.get("CHURN_USERS", 24)))]
        self.actions = self.told = 0

    def person(self, number):
        place = PLACES[number % len(PLACES)]
        name = f"user{number % len(USERS)}"
        password = USERS[name] if place[4] == "r1" else None
        return Person(self.lab, name, place, ROOMS, random.Random(self.random.getrandbits(64)), password)

    def note(self, text):
        if os.environ.get("CHURN_VERBOSE"):
            say("  " + text)

    # ---- one round
    def run(self):
        self.lab.wire(delay=1)
        for site in self.sites.values():
            site.start()
        began, number = time.monotonic(), 0
        while time.monotonic() < began + self.seconds:
            number += 1
            left = began + self.seconds - time.monotonic()
            part = (time.monotonic() - began) / self.seconds
            self.round(min(self.round_seconds, left), self.mortals(number, part))
            self.checkpoint(number)
        self.faults.calm()
        for site in self.sites.values():
            site.terminate()
            site.read_log(False)
        self.summary(time.monotonic() - began)

    @staticmethod
    def mortals(number, part):
        """Who may die in this round: r1 only late, so that it grows old; r2 in every third round."""
        return ({"r2"} if number % 3 == 2 else set()) | ({"r1"} if part > 0.75 and number % 3 == 1 else set())

    def round(self, seconds, may_die):
        self.round_began = time.monotonic()
        end, next_fault = self.round_began + seconds, self.round_began + 5
        next_action = next_tick = time.monotonic()
        while time.monotonic() < end:
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK
                self.tick(now)
            if now >= next_action:
                next_action = now + self.random.expovariate(self.rate)
                self.random.choice(self.people).act()
                self.actions += 1
            if now >= next_fault:
                next_fault = now + 4 + self.random.random() * 8
                self.faults.act(may_die)
            time.sleep(max(0, min(next_tick, next_action) - time.monotonic()))

    def tick(self, now):
        if self.lab.engine.errors:
            raise RuntimeError(f"in the engine: {self.lab.engine.errors[0]}")
        self.faults.tick(now)
        for site in self.sites.values():
            site.alive()
        for person in self.people:
            person.tick(now)

    # ---- at rest
    def checkpoint(self, number):
        self.faults.calm()
        for person in self.people:
            person.go_home()
        self.unregister()
        self.settle("after everybody went home", 60)
        self.conference(number)
        self.settle("after the check", 30)
        say(f"checkpoint {number}: {self.actions} actions, {sum(p.done['join'] for p in self.people)} joins, "
            f"{len(self.problems)} problems")
        least = self.steady()
        for name, site in self.sites.items():
            site.read_log(self.faults.mutated)
            say(f"  {name} (start {site.starts}): {site.compare(least[name], self.round_began)}")
        for problem in self.problems[self.told:]:
            say("  problem: " + problem)
        self.told, self.faults.mutated = len(self.problems), False

    def unregister(self, patience=10):
        """Every name's contacts, from wherever they were registered. An address that was away a moment ago
        is answered for with 503 until the reflector knows that it is back."""
        end = time.monotonic() + patience
        for name, password in USERS.items():
            while (answer := self.unregister_one(name, password)).status == 503 and time.monotonic() < end:
                time.sleep(0.2)
            if answer.status != 200:
                self.problems.append(f"unregistering {name}: {answer.status} {answer.reason}")

    def unregister_one(self, name, password):
        ua = Ua(self.lab, name, "ext1", "203.0.113.11", R1)
        uri, headers = f"sip:{R1}", [("To", f"<{ua.address}>"), ("Contact", "*"), ("Expires", "0")]
        answer = ua.request("REGISTER", uri, headers)
        if answer.status == 401:
            value = sip.authorize(answer.all("www-authenticate"), "REGISTER", uri, name, password)
            answer = ua.request("REGISTER", uri, [*headers, ("Authorization", value)])
        ua.close()
        return answer

    def settle(self, when, patience):
        """Until no gauge of either reflector tells of anybody."""
        end = time.monotonic() + patience
        while True:
            self.tick(time.monotonic())
            rest = {name: site.gauges() for name, site in self.sites.items()}
            for person in self.people:
                if person.call is None:
                    person.drop_phone()
                elif person.call.state == "up":  # a 200 that crossed with his CANCEL
                    person.go_home()
            if not any(rest.values()):
                return
            if time.monotonic() > end:
                self.problems.append(f"not at rest {when}: {rest}")
                say(f"  NOT AT REST {when}: {rest}")
                return
            time.sleep(0.2)

    def conference(self, number):
        """Four people in good weather hear each other, each packet once."""
        calls = []
        try:
            for i, (ns, ip, reflector) in enumerate(CHECKERS):
                name = f"user{i}"
                password = USERS[name] if reflector == R1 else None
                calls.append(Ua(self.lab, name, ns, ip, reflector, password).call(f"check{number}", tone=440))
            streams = [call.streams[0] for call in calls]
            self.lab.engine.wait(lambda: all(len(s.from_ssrc(o.ssrc)) > 10 for s in streams for o in streams
                                             if s is not o), 10, "everybody hears everybody")
            since = time.time() + 0.2
            self.lab.engine.wait(lambda: streams[0].sent[-1][0] > since + 1.5, 5, "a second and a half")
            for i, receiver in enumerate(streams):
                for j, sender in enumerate(streams):
                    wrong = exactly_once(sender, receiver, since, since + 1) if i != j else []
                    self.problems += [f"check {number}: {j} to {i}: {line}" for line in wrong]
        except Exception as error:
            self.problems.append(f"check {number}: {error}")
        for call in calls:
            call.ua.close()

    def steady(self):
        """The least that each uses while its SIP stack forgets what is over (32 s, RFC 3261's timers)."""
        least = {name: site.usage() for name, site in self.sites.items()}
        end = time.monotonic() + FORGET
        while time.monotonic() < end:
            time.sleep(0.5)
            for name, site in self.sites.items():
                now = site.usage()
                least[name] = {what: min(value, least[name][what]) for what, value in now.items()}
        return least

    # ---- in the end
    def summary(self, seconds):
        done = {}
        for person in self.people:
            for action, count in person.done.items():
                done[action] = done.get(action, 0) + count
        say(f"{seconds:.0f} s, {self.actions} actions: " + ", ".join(f"{n} {c}" for n, c in sorted(done.items())))
        say("faults: " + ", ".join(f"{name} {count}" for name, count in sorted(self.faults.done.items())))
        say("answers: " + ", ".join(f"{m} {s}: {c}" for (m, s), c in sorted(Person.statuses.items())))


def keep_logs(lab):
    folder = os.environ.get("CHURN_LOG")
    if folder:
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(lab.dir):
            if name.endswith(".log"):
                shutil.copy(lab.path(name), folder)


def main():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    os.environ.setdefault("REFLECTORD_OPTIONS", "--log-level=info")
    # what threads keep for themselves of freed memory counts as used: without that the heap tells exactly
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
    seconds = float(os.environ.get("CHURN_SECONDS", 3600))
    seed = int(os.environ.get("CHURN_SEED") or random.getrandbits(32))
    say(f"churn: seed {seed}, {seconds:.0f} s")
    random.seed(seed)
    try:
        with Lab("topology", WIRE="1") as lab:
            churn = Churn(lab, seconds, seed)
            try:
                churn.run()
            finally:
                keep_logs(lab)
    except Skip as reason:
        print(f"SKIP: {reason}")
        sys.exit(77)
    problems = churn.problems + lab.complaints
    for problem in problems:
        say(f"PROBLEM: {problem}")
    say(f"churn: {'FAILED' if problems else 'ok'}, {len(problems)} problems, seed {seed}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
