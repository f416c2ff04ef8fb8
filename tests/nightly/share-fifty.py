# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two minutes of a film of a window for fifty viewers at two reflectors, on the default settings but for the queue: one
viewer is stopped in its tracks, and closed when it has taken nothing for a minute; nobody else loses an octet. For as
much time as `make check` has, tests/integration/test-share-broadcast.py does the same."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
from lab import main
from lab.audience import QUEUE, fifty, small_buffers
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
CONF = f"control: {{ }};\nappshare: {{ queue = {QUEUE >> 10}; }};\n"
SECONDS = int(os.environ.get("FILM_SECONDS", "120"))
QUALITY = 30  # some 10 Mbit/s


def watch(lab, tap, victim):
    small_buffers(lab, "r1", "r2", "ext1", "ext2", "priv1", "priv2")
    pair = Reflector(lab, "r1", R1, peers=[R2], conf=CONF), Reflector(lab, "r2", R2, peers=[R1], conf=CONF)
    fifty(lab, tap, pair, SECONDS, QUALITY, victim)
    slow = [r.status()["counters"]["appshare.slow"] for r in pair]
    tap.ok(slow[victim] == 1 and slow[1 - victim] == 0, "who took nothing for a minute was closed, nobody else", slow)


def elsewhere(lab, tap):
    """the stopped viewer is at the other reflector"""
    watch(lab, tap, 0)


def beside(lab, tap):
    """the stopped viewer is at the sharer's own reflector"""
    watch(lab, tap, 1)


main(elsewhere, beside)
