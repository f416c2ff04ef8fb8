# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shares over three reflectors: in a chain each passes on what the one before announces, and the end of a link in it ends
what came over it; on a ring there is another way."""
import time

from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector
from lab.share import BROADCAST, DATA, HEADER, MARK, Participant

ADDRESSES = [f"10.20.0.{i}" for i in (1, 2, 3)]
CONF = "core: { id = \"id%d\"; };\ncontrol: { };\nappshare: { };\ninterconnect: { hello_interval = 0.3; dead_after = 1.5; };\n"


def reflectors(lab, links):
    """r1, r2 and r3. `links`: pairs of their indices."""
    peers = [[ADDRESSES[a + b - i] for a, b in links if i in (a, b)] for i in range(3)]
    found = [Reflector(lab, f"r{i + 1}", ADDRESSES[i], peers=peers[i], conf=CONF % i) for i in range(3)]
    wait_for(lambda: all(p["up"] for r in found for p in r.status()["plugins"]["interconnect"]["peers"]), 10, "links")
    return found


def person(lab, number, name):
    """Somebody at reflector r`number`."""
    return Participant(Ua(lab, name, f"c{number}", f"10.20.0.1{number}", ADDRESSES[number - 1]), "room")


def ways(found):
    """{id of a share: where each reflector has it from}"""
    shares = {}
    for reflector in found:
        for share in reflector.status()["plugins"]["appshare"]["shares"]:
            shares.setdefault(share["id"], []).append(share["via"])
    return shares


def cut(lab, one, other):
    """Nothing passes from now on between two reflectors."""
    lab.nft(f"r{one}", f"""table ip cut {{
      chain in {{ type filter hook input priority 0; ip saddr {ADDRESSES[other - 1]} drop; }}
      chain out {{ type filter hook output priority 0; ip daddr {ADDRESSES[other - 1]} drop; }}; }}""")


def echoes(lab, tap, viewer, sharer, what):
    """Octets of a viewer reach the sharer, and come back."""
    text, before = what.encode() * 1000, viewer.total
    viewer.send(text)
    viewer.wait(before + len(text))
    tap.ok(text in sharer.channels.values() and viewer.total == before + len(text), f"{what}: both ways")


def chain(lab, tap):
    """a share at r1 is seen at r3 through r2, until the link in the middle ends"""
    found = reflectors(lab, [(0, 1), (1, 2)])
    u1, u2, u3 = (person(lab, i, f"u{i}") for i in (1, 2, 3))
    window, film = u1.share(title="Window"), u1.share(BROADCAST, "Film")
    window.echo = True
    doors = u3.wait_share(window.share), u3.wait_share(film.share)
    tap.ok(all(via == [None, "id0", "id1"] for via in ways(found).values()), "each has it from the one before", ways(found))
    tap.ok(doors[0].address == ADDRESSES[2], "u3 is told an address of r3", doors[0])
    near, far = u2.view(u2.wait_share(window.share)), u3.view(doors[0])
    echoes(lab, tap, near, window, "from r2")
    echoes(lab, tap, far, window, "from r3")
    watching = u3.view(doors[1])
    lab.engine.wait(lambda: found[0].status()["counters"]["appshare.accepted"] >= 4, 10, "the film's way")
    film.frame(HEADER, 0, b"head")
    time.sleep(0.3)  # the way is open when the last reflector has been let in, which no event tells
    film.frame(DATA, 0, b"picture" * 1000, MARK)
    watching.wait(4 + 7000)
    tap.ok(watching.first.startswith(b"headpicture"), "a broadcast crosses two links", watching.first[:20])
    cut(lab, 1, 2)
    reason, began = u2.wait_ended(window.share), time.monotonic()
    u3.wait_ended(window.share)
    u3.wait_ended(film.share)
    for viewer in (near, far, watching):
        viewer.wait_closed()
    tap.ok(time.monotonic() - began < 1, "the end of the first link is told at r3 at once", time.monotonic() - began)
    tap.ok("link" in reason, "with the reason", reason)
    window.wait(lambda s: len(s.gone) == 2, "both viewers gone")
    tap.ok(not window.closed and not u1.ended and all(len(via) == 1 for via in ways(found).values()),
           "at r1 it goes on", ways(found))


def ring(lab, tap):
    """a link of a ring goes: what came over it is announced again over the other two"""
    found = reflectors(lab, [(0, 1), (1, 2), (0, 2)])
    u1, u2 = person(lab, 1, "u1"), person(lab, 2, "u2")
    window = u1.share(title="Window")
    window.echo = True
    viewer = u2.view(u2.wait_share(window.share))
    echoes(lab, tap, viewer, window, "before")
    wait_for(lambda: len(ways(found)[window.share]) == 3, 5, "everybody has it")
    via = ways(found)[window.share][1]
    cut(lab, 2, int(via[2:]) + 1)
    u2.wait_ended(window.share)
    viewer.wait_closed()
    began = time.monotonic()
    door = u2.wait_share(window.share)
    tap.ok(time.monotonic() - began < 5, "it comes again", time.monotonic() - began)
    again = ways(found)[window.share]
    tap.ok(again[0] is None and again[1] not in (via, None), "by another way", again)
    viewer = u2.view(door)
    echoes(lab, tap, viewer, window, "after")
    u1.end(window.share)
    viewer.wait_closed()
    u2.ended.clear()
    wait_for(lambda: not ways(found), 5, "its end everywhere")
    time.sleep(2.5)  # nothing may come
    tap.ok(not ways(found) and not u2.running, "its end is the end", ways(found), u2.running)


main(chain, ring, topology="triangle")
