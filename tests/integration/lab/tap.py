# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results in the Test Anything Protocol. Not where a test prepares or cleans up: see net.Lab."""
import signal
import sys
import traceback

from .net import Lab, Skip


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


def main(*cases, topology="topology", **settings):
    """Runs each case(lab, tap) in a lab of its own and exits. A case that raises has failed; one
    that raises Skip is skipped. A signal ends the run, with everything cleaned up."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    wanted = sys.argv[1:]
    tap = Tap()
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        name = (case.__doc__ or case.__name__).splitlines()[0]
        try:
            with Lab(topology, tap, **settings) as lab:
                case(lab, tap)
            tap.ok(not lab.complaints, name, *lab.complaints)
        except Skip as reason:
            tap.skip(name, reason)
        except Exception:  # whatever it was, the next case has a right to run
            tap.ok(False, name, traceback.format_exc())
    tap.plan()
    sys.exit(1 if tap.failed else 0)
