# SPDX-License-Identifier: LGPL-2.1-or-later
"""Offers that real phones have made (tests/unit/sip-sdp/NAME.offer), made again by our own client with its
sockets where the offer says. Plays no phone beyond its first INVITE."""
import os
import re

from . import sip
from .net import HERE
from .ua import Call

OFFERS = os.path.join(HERE, "../../unit/sip-sdp")
PHONE = "203.0.113.11"  # where all of them were


def names():
    return sorted(name[:-6] for name in os.listdir(OFFERS) if name.endswith(".offer"))


def text(name):
    with open(os.path.join(OFFERS, name + ".offer"), newline="") as f:
        return f.read().replace("\r", "").strip() + "\n"


def medium(name, kind):
    """The lines of one m-line of an offer."""
    return next(part for part in re.split(r"(?m)^(?=m=)", text(name))[1:] if part.startswith(f"m={kind}"))


class Replay(Call):
    """A call whose offer is `offer`. Its streams send what the answer allows."""

    def __init__(self, ua, room, offer, **options):
        self.offer = offer
        super().__init__(ua, room, [self.stream(ua, m) for m in sip.parse_sdp(offer)], **options)

    @staticmethod
    def stream(ua, m):
        ssrc = next((int(line.split()[0][5:]) for line in m["lines"] if line.startswith("ssrc:")), None)
        return ua.stream(m["kind"], port=m["port"], ssrc=ssrc, formats=[(pt, "") for pt in m["formats"]])

    def _sdp(self):
        offer = re.sub(r"(?m)^(o=\S+ \S+ )\d+", rf"\g<1>{self.version}", self.offer)
        return offer.replace("\n", "\r\n")

    def dial(self):
        """Returns the final status."""
        with self.engine.cond:
            self.ua.calls[self.call_id] = self
            self.invite()
        return self.wait_final()

    def add(self, lines):
        """Offers one medium more. Returns the status."""
        self.offer += lines
        self.streams.append(self.stream(self.ua, sip.parse_sdp("c=IN IP4 " + self.ua.ip + "\n" + lines)[0]))
        return self.reinvite()

    def ask(self, method, headers=()):
        """A request within the dialog; returns its final response."""
        answers = []
        with self.engine.cond:
            self.cseq += 1
            self.ua.send_request(method, self.target, [*self._headers(method, self.cseq), ("Contact", self.ua.contact),
                                                       *headers], "", answers.append)
        self.engine.wait(lambda: answers and answers[-1].status >= 200, 5, f"answer to {method}")
        return answers[-1]
