# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the machine itself kept time: a process that only sleeps notes how much too late it woke. A figure
in milliseconds means nothing when every process stood still for longer. Not a measure of what is under test."""
import subprocess
import sys

from .net import die_with_parent

PERIOD = 0.01
NOTABLE = 0.04  # seconds too late: more than a scheduler's ordinary turn

SLEEPER = f"""
import select, sys, time
late, at = [], time.monotonic()
while not select.select([sys.stdin], [], [], {PERIOD})[0]:
    now = time.monotonic()
    if now - at > {PERIOD + NOTABLE}:
        late.append(now - at - {PERIOD})
    at = now
print(" ".join(f"{{s:.3f}}" for s in late))
"""


class Steady:
    """From its making to stop(). `late`: how long the machine stood still, in seconds, each time."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-c", SLEEPER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.late = []

    def stop(self):
        said, _ = self.process.communicate("\n")
        self.late = [float(s) for s in said.split()]

    def __str__(self):
        return f"the machine stood still {len(self.late)} times, {max(self.late, default=0):.2f} s the longest"
