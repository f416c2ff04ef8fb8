# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room for ordinary phones: reflectors that mix, and what is told of the machine beside a measurement.
Not for what the phones hear: see meter.py."""
import os
import time

from .net import Skip, wait_for
from .reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
MIXING = "mixer: { };\nswitcher: { };\n"
# of everybody, so that three of them are no louder than one may be
SOFT = 0.15


def reflector(lab, ns, address, conf="", **options):
    """One whose phones get a mix and the one who speaks."""
    it = Reflector(lab, ns, address, conf=MIXING + conf, start=False, modes="", **options)
    try:
        return it.start()
    except RuntimeError:
        if "there is no plugin of this name" in it.log():
            raise Skip("the mixer or the switcher was not built") from None
        raise


def two(lab):
    """Two of them, linked."""
    return reflector(lab, "r1", R1, peers=[R2]), reflector(lab, "r2", R2, peers=[R1])


def seconds(default):
    """Of a measurement: LAB_SECONDS, for longer ones at night, or `default`."""
    return int(os.environ.get("LAB_SECONDS", default))


class Load:
    """How busy the machine is while something is measured, for whoever reads a failure."""

    def __init__(self, tap):
        self.tap = tap

    def __enter__(self):
        self.began, self.cpu = time.monotonic(), self._cpu()
        return self

    def __exit__(self, *exception):
        busy, whole = (b - a for a, b in zip(self.cpu, self._cpu()))
        self.tap.note(f"{time.monotonic() - self.began:.1f} s, processors {busy / max(whole, 1):.0%} busy, "
                      f"load {os.getloadavg()[0]:.1f}")

    @staticmethod
    def _cpu():
        with open("/proc/stat") as f:
            times = [int(v) for v in f.readline().split()[1:9]]
        return sum(times) - times[3] - times[4], sum(times)


def eventually(predicate, timeout):
    """The first true value, or the last false one."""
    try:
        return wait_for(lambda: predicate() or time.sleep(0.1), timeout, "it")
    except TimeoutError:
        return predicate()
