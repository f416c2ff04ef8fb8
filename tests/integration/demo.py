# SPDX-License-Identifier: LGPL-2.1-or-later
"""./quickstart demo: two reflectors, two firewalls, six users. Each sends a tone and a colour of his
own; what reaches each of them is recorded, measured and told in a table. The exit status is 0 only
if everybody heard and saw those he should, and nobody else. Not one of the tests of make check."""
import signal
import sys
import time

from lab import Capture, Lab, Skip, Tap, Ua, media
from lab.ear import Ear
from lab.gst import Player, Speaker
from lab.phones import Baresip, Linphone, Sipp, clip, still
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
SECONDS = 12
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
        self.audio = self.video = None  # Players
        self.taps = []                  # whatever counts packets

    def listen(self, lab, ns, ip, dports=range(65536)):
        """Ears beside a real phone, played by rtpbin."""
        self.audio = Player(lab, ns, "audio", 0)
        self.taps.append(Ear(lab, ns, ip, 5566, dports, [self.audio]))
        if self.colour:
            self.video = Player(lab, ns, "video", 96)
            self.taps.append(Ear(lab, ns, ip, 5568, dports, [self.video]))


def digest(name):
    return f"secret-of-{name}"


def rtpbin_user(lab, user, ns, ip):
    """GStreamer for the media, our own client for the signalling."""
    ua = Ua(lab, user.name, ns, ip, R1, password=digest(user.name))
    streams = [ua.stream(), ua.stream("video")]
    user.audio, user.video = Player(lab, ns, "audio", 0), Player(lab, ns, "video", 96)
    for stream, player in zip(streams, (user.audio, user.video)):
        stream.targets.append(player)
        user.taps.append(stream)
    ua.call(user.room, *streams)
    Speaker(lab, streams[0], tone=user.tone)
    Speaker(lab, streams[1], colour=user.colour)


def perform(lab):
    """Starts everything and lets it run. Returns the users."""
    u1 = User("u1", "inside, baresip", 440, "red")
    u2 = User("u2", "inside, linphonec", 700, "blue")
    u3 = User("u3", "outside, baresip", 1000, "green")
    u4 = User("u4", "outside, GStreamer rtpbin", 1500, "yellow")
    u5 = User("u5", "outside behind a NAT, sipp", 1900, None)
    x = User("x", "outside, baresip, other room", 2300, "magenta", room="other")
    users = [u1, u2, u3, u4, u5, x]
    say("reflectors …")
    Reflector(lab, "r1", R1, peers=[R2], users={u.name: digest(u.name) for u in (u3, u4, u5, x)})
    Reflector(lab, "r2", R2, peers=[R1])
    say("phones …")
    u1.listen(lab, "priv1", "192.168.10.11")
    u2.listen(lab, "priv2", "192.168.10.12")
    u3.listen(lab, "ext1", "203.0.113.11")
    u5.listen(lab, "extn", "198.51.100.11")
    x.listen(lab, "ext2", "203.0.113.12", range(10000, 20000))
    phones = [
        (Baresip(lab, "u1", "priv1", "192.168.10.11", R2, u1.tone, clip(lab, u1.colour)), u1),
        (Linphone(lab, "u2", "priv2", "192.168.10.12", R2, u2.tone, still(lab, u2.colour)), u2),
        (Baresip(lab, "u3", "ext1", "203.0.113.11", R1, u3.tone, clip(lab, u3.colour), digest("u3")), u3),
        (Sipp(lab, "u5", "extn", "198.51.100.11", R1, u5.tone, SECONDS + 20, digest("u5")), u5),
        (Baresip(lab, "x", "ext2", "203.0.113.12", R1, x.tone, clip(lab, x.colour), digest("x")), x)]
    say("calls …")
    for phone, user in phones:
        phone.call(user.room)
    rtpbin_user(lab, u4, "ext2", "203.0.113.12")
    say(f"{SECONDS} seconds of conference …")
    time.sleep(SECONDS)
    return users


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


def verdict(lab, users, capture):
    tones, colours = [u.tone for u in users], {u.colour for u in users if u.colour}
    heard = {u.name: u.audio.tones(tones) for u in users}
    seen = {u.name: u.video.colours() & colours for u in users if u.video}
    wrong = table("Who heard whom (line hears column; tones in Hz):", users, users, heard, lambda u: u.tone)
    watchers = [u for u in users if u.video]
    wrong += table("Who saw whom (line sees column):", watchers, watchers, seen, lambda u: u.colour)
    doubles = {u.name: sum(tap.doubles() for tap in u.taps) for u in users}
    print("\nPackets that reached somebody twice: " + ", ".join(f"{n} {d}" for n, d in doubles.items()))
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
            wrong = verdict(lab, perform(lab), capture)
            if wrong and "--logs" in sys.argv:
                lab.show_logs()
    except Skip as reason:
        print(f"The demo cannot run here: {reason}", file=sys.stderr)
        sys.exit(1)
    sys.exit(1 if wrong else 0)


main()
