# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window shared by x11vnc across two firewalls, seen by stock viewers at two reflectors: every pixel, keys typed
there, the end at the presenter's, and nothing but the table's ports on the way."""
import time

from lab import Capture, main
from lab.display import Display, Terminal, load, sees, tightvnc, tigervnc, x11vnc
from lab.net import wait_for
from lab.reflector import Reflector
from lab.share import Client

R1, R2 = "10.11.12.13", "10.11.12.14"
INNER, OUTER = f"sip:demo@{R2}", f"sip:demo@{R1}"
VNC = 5931
CONF = "control: { };\nappshare: { };\n"


def pair(lab):
    return Reflector(lab, "r1", R1, peers=[R2], conf=CONF), Reflector(lab, "r2", R2, peers=[R1], conf=CONF)


def presenter(lab):
    return Terminal(Display(lab, "priv1", "u1"))


def viewer(lab, tap, ns, name, room, terminal, command):
    """A person who looks at the share with a stock program. Returns (the client, the display)."""
    display = Display(lab, ns, name)
    client = Client(lab, ns, name, "view", "--exec", command, room=room, env=display.env)
    client.wait("viewing", 30)
    began = time.monotonic()
    try:
        wait_for(lambda: sees(terminal, display), 40, "the window")
    except TimeoutError:
        tap.note(f"windows of {name}: {display.windows()}")
    share = terminal.picture().share_in(display.picture())
    tap.ok(share >= 0.999, f"{name} sees every pixel of the window ({100 * share:.2f} %)")
    tap.note(f"{name}: {time.monotonic() - began:.1f} s after the announcement")
    return client, display


def types(tap, name, terminal, display):
    """What is typed at the viewer's window is typed at the presenter's."""
    wait_for(lambda: sees(terminal, display), 20, f"the window at {name}'s")
    x, y = next(terminal.picture().places(display.picture()))
    display.type_at(x + 60, y + 60, f"hello from {name}\n")
    try:
        wait_for(lambda: f"hello from {name}" in terminal.typed(), 20, "typed")
    except TimeoutError:
        pass
    tap.ok(f"hello from {name}" in terminal.typed(), f"what {name} types appears at u1's", terminal.typed())


def ways(capture):
    """(protocol, port at the side that was called) of all that crossed."""
    return {(p.proto, min(p.sport, p.dport) if p.proto == "tcp" else p.dport) for p in capture.packets()
            if p.proto in ("tcp", "udp")}


def window(lab, tap):
    """one xterm is shared by x11vnc; u2 at R2, u3 and u4 at R1 see and use it; its end is everybody's"""
    pair(lab)
    crossing = Capture(lab, "fw1", "r1")
    terminal = presenter(lab)
    lab.start("priv1", x11vnc(terminal, "-localhost", "-rfbport", str(VNC)), "x11vnc", env=terminal.display.env)
    u1 = Client(lab, "priv1", "u1", "share", "--target", f"127.0.0.1:{VNC}", "--title", "One window", room=INNER)
    u1.wait("share")
    u2, two = viewer(lab, tap, "priv2", "u2", INNER, terminal, tigervnc())
    u3, three = viewer(lab, tap, "ext1", "u3", OUTER, terminal, tightvnc())
    u4, four = viewer(lab, tap, "ext2", "u4", OUTER, terminal, tigervnc())
    tap.ok(u3.find("announced", title="One window"), "viewers are told what it is", u3.events)
    types(tap, "u3", terminal, three)
    types(tap, "u2", terminal, two)
    for name, display in (("u2", two), ("u3", three), ("u4", four)):
        wait_for(lambda display=display: sees(terminal, display), 20, f"what was typed at {name}'s")
    tap.ok(True, "everybody sees what was typed")
    u3.process.terminate()
    u1.wait("viewer-left")
    tap.ok(sees(terminal, two) and sees(terminal, four), "one viewer's end is nobody else's")
    u1.process.terminate()
    tap.ok(u1.wait_end() == 0, "u1 closes", u1.process.returncode)
    for client in (u2, u4):
        status = client.wait_end(20)
        tap.ok(status == 6 and client.find("ended"), f"{client.name} is told the end, and leaves", status, client.events)
    for firewall in ("fw1", "fw2"):
        dropped = lab.counter(firewall, "dropped")
        tap.ok(dropped == 0, f"{firewall} had nothing to drop", dropped)
    bad = {(proto, port) for proto, port in ways(crossing) if not (
        proto == "udp" and port in (5564, 5565) or proto == "tcp" and 6000 <= port <= 6100)}
    tap.ok(not bad, "nothing but the link's ports and client ports crossed firewall 1", bad)


def command(lab, tap):
    """a program for each viewer: x11vnc -inetd, and a snapshot by gvnccapture"""
    pair(lab)
    terminal = presenter(lab)
    words = " ".join(x11vnc(terminal, "-inetd"))
    u1 = Client(lab, "priv1", "u1", "share", "--command", words, room=INNER, env=terminal.display.env)
    u1.wait("share")
    picture = lab.path("capture.png")
    u4 = Client(lab, "ext2", "u4", "view", "--listen", "5945", "--exec", f"gvnccapture 127.0.0.1:45 {picture}", room=OUTER)
    tap.ok(u4.wait_end(40) == 0, "gvnccapture takes its picture", u4.events)
    tap.ok(terminal.picture().share_in(load(picture)) >= 0.999, "and it is the window")
    left = u1.wait("viewer-left")
    tap.ok(left["sent"] > 1000 and left["received"] > 10, "octets of both directions are counted", left)


main(window, command)
