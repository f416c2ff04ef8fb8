# SPDX-License-Identifier: LGPL-2.1-or-later
"""./quickstart demo: two reflectors, two firewalls, six users with ordinary phones. Each sends a tone and a
colour of his own, first all at once and then one after the other; what each phone recorded is measured and told in
a table: everybody hears the sum of the others, and sees who speaks. The exit status is 0 only if everybody heard and
saw those he should, and nobody else. Not one of the tests of make check."""
import signal
import sys
import time

from lab import Capture, Lab, Skip, Tap, Ua, media
from lab.ear import Ear
from lab.film import Film
from lab.gst import Player, Speaker
from lab.phones import Baresip, Linphone, Sipp, clip, still
from lab.room import R1, R2, SOFT, eventually, reflector
from lab.voice import Voice

SECONDS = 12  # of all at once
TURN = 4      # seconds of one alone
PICTURE = """
  u3 203.0.113.11  baresip, digest     \\                                          / u1 192.168.10.11 baresip
  u4 203.0.113.12  GStreamer, digest   - R1 10.11.12.13 - fw1 - R2 10.11.12.14 - fw2
  u5 198.51.100.11 sipp, behind a NAT  /                                  (NAT)    \\ u2 192.168.10.12 linphonec
  x  203.0.113.12  baresip, in another room
"""


class User:
    """Somebody in the demo: what he sends, and what was measured of what reached him."""

    def __init__(self, name, where, tone, colour, room="demo"):
        self.name, self.where, self.tone, self.colour, self.room = name, where, tone, colour, room
        self.phone = None               # what speaks, and records what it hears
        self.player = None              # rtpbin, for one that does not
        self.ears, self.eye = [], None  # what came over the wire

    def watch(self, lab, ns, ip, dports=range(65536)):
        """Ears beside a real phone."""
        self.ears.append(Ear(lab, ns, ip, 5566, dports))
        if self.colour:
            self.eye = Ear(lab, ns, ip, 5568, dports)
            self.ears.append(self.eye)

    def tones(self, tones):
        if self.player:
            return self.player.tones(tones)
        samples, rate = self.phone.recording()
        return media.tones_in(samples, rate, tones)


class Rtpbin:
    """GStreamer for what it plays and for its picture; signalling and sound are our own client's."""

    def __init__(self, lab, user, ns, ip):
        ua = Ua(lab, user.name, ns, ip, R1, password=digest(user.name))
        self.tone, self.sound, video = user.tone, Voice(lab, ns, ip), ua.stream("video")
        user.player, user.eye, user.ears = Player(lab, ns, "audio", 0), video, [self.sound, video]
        self.sound.targets.append(user.player)
        ua.call(user.room, self.sound, video)
        self.speak(SOFT)
        Speaker(lab, video, colour=user.colour, keyframes=6)

    def speak(self, amplitude):
        self.sound.tone(self.tone, amplitude, 1)


def digest(name):
    return f"secret-of-{name}"


def come(lab):
    """Starts everything. Returns the users."""
    u1 = User("u1", "inside, baresip", 560, "red")
    u2 = User("u2", "inside, linphonec", 700, "blue")
    u3 = User("u3", "outside, baresip", 1000, "green")
    u4 = User("u4", "outside, GStreamer rtpbin", 1500, "yellow")
    u5 = User("u5", "outside behind a NAT, sipp", 1900, None)
    x = User("x", "outside, baresip, other room", 2300, "magenta", room="other")
    say("reflectors …")
    reflector(lab, "r1", R1, peers=[R2], users={u.name: digest(u.name) for u in (u3, u4, u5, x)})
    reflector(lab, "r2", R2, peers=[R1])
    say("phones …")
    u1.watch(lab, "priv1", "192.168.10.11")
    u2.watch(lab, "priv2", "192.168.10.12")
    u3.watch(lab, "ext1", "203.0.113.11")
    u5.watch(lab, "extn", "198.51.100.11")
    x.watch(lab, "ext2", "203.0.113.12", range(10000, 20000))
    u5.player = Player(lab, "extn", "audio", 0)
    u5.ears[0].targets.append(u5.player)
    u1.phone = Baresip(lab, "u1", "priv1", "192.168.10.11", R2, u1.tone, clip(lab, u1.colour, 120), amplitude=SOFT)
    u2.phone = Linphone(lab, "u2", "priv2", "192.168.10.12", R2, u2.tone, still(lab, u2.colour), amplitude=0.0)
    u3.phone = Baresip(lab, "u3", "ext1", "203.0.113.11", R1, u3.tone, clip(lab, u3.colour, 120), digest("u3"),
                       amplitude=SOFT)
    u5.phone = Sipp(lab, "u5", "extn", "198.51.100.11", R1, u5.tone, SECONDS + 2, digest("u5"), amplitude=SOFT)
    x.phone = Baresip(lab, "x", "ext2", "203.0.113.12", R1, x.tone, clip(lab, x.colour, 120), digest("x"), amplitude=SOFT)
    say("calls …")
    for user in (u1, u2, u3, x, u5):
        user.phone.call(user.room)
    u2.phone.speak(SOFT)
    u2.phone.command("staticpic fps 15")
    u4.phone = Rtpbin(lab, u4, "ext2", "203.0.113.12")
    return [u1, u2, u3, u4, u5, x]


def perform(lab):
    """Returns the users, and who spoke alone from when to when."""
    users = come(lab)
    say(f"{SECONDS} seconds of all at once …")
    time.sleep(SECONDS)
    speakers, turns = [u for u in users if u.colour and u.room == "demo"], []
    u5 = next(u for u in users if not u.colour)
    eventually(lambda: u5.phone.process.poll() is not None, 10)  # he leaves
    for user in speakers:
        user.phone.speak(0.0)
    for user in speakers:
        say(f"{TURN} seconds of {user.name} alone …")
        user.phone.speak(2 * SOFT)
        began = time.time()
        time.sleep(TURN)
        turns.append((user, began + 1.5, time.time()))  # a phone takes a moment to be loud
        user.phone.speak(0.0)
    linphone = next(u for u in users if isinstance(u.phone, Linphone))
    linphone.phone.hangup()  # its recording has its header then
    eventually(lambda: linphone.phone.process.poll() is not None or "ended" in linphone.phone.output()[-500:], 3)
    return users, turns


def say(text):
    print(text, flush=True)


def table(title, users, speakers, found, sign):
    """One line per listener. Returns how many cells are not as expected."""
    wrong = 0
    print(f"\n{title}")
    print("      " + "".join(f"{u.name + ' ' + str(sign(u)):>14}" for u in speakers))
    for listener in users:
        cells = ""
        for speaker in speakers:
            actual = sign(speaker) in found[listener.name]
            expected = speaker is not listener and speaker.room == listener.room
            wrong += actual != expected
            cells += f"{'yes' if actual else 'no'}{'' if actual == expected else ' WRONG'}".rjust(14)
        print(f"  {listener.name:<4}{cells}    ({listener.where})")
    return wrong


def pictures(lab, users, turns):
    """{name: colours seen while their owners spoke}, and what was wrong with any of the films."""
    seen, broken = {}, []
    for user in users:
        film = Film(lab, user.name, list(user.eye.packets)) if user.eye.packets else None
        broken += [f"{user.name}: {problem}" for problem in film.problems] if film else []
        seen[user.name] = {speaker.colour for speaker, since, until in turns
                           if film and film.share(speaker.colour, since, until) > 0.9}
    return seen, broken


def verdict(lab, users, turns, capture):
    tones = [u.tone for u in users]
    heard = {u.name: u.tones(tones) for u in users}
    watchers = [u for u in users if u.colour]
    seen, broken = pictures(lab, watchers, turns)
    wrong = table("Who heard whom (line hears column; tones in Hz):", users, users, heard, lambda u: u.tone)
    wrong += table("Who saw whom while he spoke (line sees column):", watchers, [u for u, _, _ in turns], seen,
                   lambda u: u.colour)
    print("\nFilms: " + ("; ".join(broken) or "every frame of all of them is whole"))
    streams = {u.name: [len(ear.ssrcs()) for ear in u.ears] for u in users}
    print("Streams that reached each phone (sound, picture): " + ", ".join(
        f"{n} {' and '.join(map(str, s))}" for n, s in streams.items()))
    wrong += len(broken) + sum(count > 1 for s in streams.values() for count in s)
    doubles = {u.name: sum(ear.doubles() for ear in u.ears) for u in users}
    print("Packets that reached somebody twice: " + ", ".join(f"{n} {d}" for n, d in doubles.items()))
    ways = {}
    for p in capture.packets():
        key = (p.proto, "R1 → R2" if p.src == R1 else "R2 → R1", p.dport)
        count, octets = ways.get(key, (0, 0))
        ways[key] = count + 1, octets + len(p.payload)
    print("\nWhat came to firewall 1:")
    for (proto, way, port), (count, octets) in sorted(ways.items(), key=str):
        name = "icmp (nobody there yet)" if proto == "icmp" else f"{proto} port {port}"
        print(f"  {way}  {name}: {count} packets, {octets} octets")
    dropped = lab.counter("fw1", "dropped")
    # icmp: what a host's kernel answers while its reflector is not up yet
    tried = {(proto, port) for proto, _, port in ways if proto != "icmp"} - {("udp", 5564), ("udp", 5565)}
    print(f"  dropped by firewall 1: {dropped}")
    print(f"  dropped by firewall 2: {lab.counter('fw2', 'dropped')}")
    wrong += sum(doubles.values()) + dropped + len(tried)
    print("\nEverything as expected." if wrong == 0 else f"\n{wrong} things are not as expected.")
    return wrong


def main():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    print(PICTURE)
    try:
        with Lab("topology", Tap()) as lab:
            capture = Capture(lab, "fw1", "r1")
            wrong = verdict(lab, *perform(lab), capture)
            if wrong and "--logs" in sys.argv:
                lab.show_logs()
    except Skip as reason:
        print(f"The demo cannot run here: {reason}", file=sys.stderr)
        sys.exit(1)
    sys.exit(1 if wrong else 0)


main()
