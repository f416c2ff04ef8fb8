# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results in the Test Anything Protocol. Not where a test prepares or cleans up: see net.Lab."""
import os
import signal
import sys
import traceback

from .net import Lab, Skip
from .steady import Steady

ATTEMPTS = 3  # of a case, where the machine did not keep time


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, *detail):
        """One test line; what `detail` says is shown when it fails. Returns whether it was good."""
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in detail:
                self.note(line)
        return bool(good)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}", flush=True)

    def plan(self):
        print(f"1..{self.count}", flush=True)


class Trial:
    """What one attempt at a case has said, in the manner of Tap; it counts when told to another one."""

    def __init__(self):
        self.said, self.bad = [], []

    def ok(self, good, name, *detail):
        # what a failure is about may change before it is told
        detail = () if good else tuple(str(line) for line in detail)
        self.said.append(("ok", bool(good), name, *detail))
        if not good:
            self.bad.append(name)
        return bool(good)

    def skip(self, name, reason):
        self.said.append(("skip", name, reason))

    def note(self, text):
        self.said.append(("note", text))

    def tell(self, tap):
        for what, *arguments in self.said:
            getattr(tap, what)(*arguments)


def attempt(case, topology, settings):
    """Runs a case once. One that raises has failed; one that raises Skip is skipped."""
    trial = Trial()
    name = (case.__doc__ or case.__name__).splitlines()[0]
    try:
        with Lab(topology, trial, **settings) as lab:
            case(lab, trial)
        trial.ok(not lab.complaints, name, *lab.complaints)
    except Skip as reason:
        trial.skip(name, reason)
    except Exception:  # whatever it was, the next case has a right to run
        trial.ok(False, name, traceback.format_exc())
    return trial


def run(case, tap, topology, settings):
    """Runs a case until it is good, or has failed although the machine kept time. Continuous integration runs it a
    second time in any case: on a machine that others use, too, phones are late for more reasons than this one sees."""
    for number in range(ATTEMPTS):
        steady = Steady()
        try:
            trial = attempt(case, topology, settings)
        finally:
            steady.stop()
        excused = steady.late or (os.environ.get("CI") and number == 0)
        if not (trial.bad and excused and number + 1 < ATTEMPTS):
            break
        tap.note(f"{case.__name__} is run again, for {steady}. Failed: {'; '.join(trial.bad)}")
    trial.tell(tap)


def main(*cases, topology="topology", **settings):
    """Runs each case(lab, tap) in a lab of its own and exits. A signal ends the run, with everything cleaned up.
    What a case says while the machine itself stood still counts only if it is good; else it is run again."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    wanted = sys.argv[1:]
    tap = Tap()
    for case in cases:
        if not wanted or case.__name__ in wanted:
            run(case, tap, topology, settings)
    tap.plan()
    sys.exit(1 if tap.failed else 0)
