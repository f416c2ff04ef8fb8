# SPDX-License-Identifier: LGPL-2.1-or-later
"""Phones that others wrote in each of their configurations that need no encryption: a call, hold and
resume, video added, a transfer refused, the end; over UDP, TCP and IPv6, and by a proxy."""
import time
import traceback

from lab import Ua, main, media
from lab.ear import Ear, Signals
from lab.net import Skip, wait_for
from lab.phones import Baresip, Linphone, clip, still
from lab.proxy import Proxy
from lab.reflector import Reflector
from lab.twinkle import Twinkle

R1, R1_SIX = "10.11.12.13", "2001:db8::13"
PHONE, PHONE_SIX, OTHER = ("ext1", "203.0.113.11"), ("ext1", "2001:db8::11"), ("ext2", "203.0.113.12")
PROXY = OTHER[1]
MINE, THEIRS = 440, 700


def eventually(predicate, timeout):
    try:
        return wait_for(lambda: predicate() or time.sleep(0.1), timeout, "it")
    except TimeoutError:
        return False


class Trial:
    """One phone in one configuration, and in the same room a client of ours."""

    def __init__(self, lab, tap, one, name):
        self.lab, self.tap, self.one, self.name = lab, tap, one, name
        self.room, self.phone = name.replace(" ", "-"), None
        ben = Ua(lab, "ben", *OTHER, R1)
        self.other = ben.call(self.room, ben.stream(), ben.stream("video"))
        self.sound, self.picture = self.other.streams
        self.sound.talk(THEIRS)
        self.ear = Ear(lab, *(PHONE_SIX if "IPv6" in name else PHONE), 5566)
        self.signals = Signals(lab, PHONE[0])

    def ok(self, good, what, *detail):
        return self.tap.ok(good, f"{self.name}: {what}", *detail)

    def calls(self):
        return self.one.status()["plugins"]["sip"]["count"]

    def arriving(self):
        """How many packets of sound reach the phone in a fifth of a second."""
        count = len(self.ear.packets)
        time.sleep(0.2)
        return len(self.ear.packets) - count

    def flows(self, what):
        here, there = len(self.ear.packets), len(self.sound.packets)
        good = eventually(lambda: len(self.ear.packets) > here + 20 and
                          len(self.sound.packets) > there + 20, 15)
        self.ok(good, what, len(self.ear.packets) - here, len(self.sound.packets) - there)

    def talk(self):
        self.phone.call(self.room)
        self.flows("called, sound both ways")
        self.ok(eventually(lambda: self.sound.heard([MINE, THEIRS]) == {MINE}, 5), f"its {MINE} Hz is heard")

        def heard():
            samples, rate = self.phone.recording()
            return media.tones_in(samples[-4 * rate:], rate, [MINE, THEIRS])
        self.ok(eventually(lambda: heard() == {THEIRS}, 6), f"it hears {THEIRS} Hz and not itself", heard())

    def seen(self):
        self.ok(eventually(lambda: len(self.picture.packets) > 10, 8), "its video is seen", len(self.picture.packets))
        self.ok({p.pt for p in self.picture.packets} == {96}, "with the payload type that was agreed there")

    def hold(self):
        self.phone.hold()
        self.ok(eventually(lambda: self.arriving() == 0, 5) is not False and self.arriving() == 0,
                "nothing comes while it holds")
        self.phone.resume()
        self.flows("sound both ways after it has resumed")

    def transfer(self):
        self.phone.transfer(f"sip:elsewhere@{R1}")
        self.ok(eventually(lambda: self.signals.answers("REFER") == [405], 5), "its transfer is refused",
                self.signals.answers("REFER"))

    def stays(self):
        self.flows("and the call goes on")

    def gives_up(self):
        """What baresip 1.0 does when it may not transfer."""
        self.ok(eventually(lambda: self.calls() == 1, 5), "it hangs up then, of its own accord")
        self.phone.call(self.room)
        self.flows("and can call again")

    def video(self):
        self.phone.camera()
        self.ok(eventually(lambda: len(self.picture.packets) > 2, 8), "it has added video, which is seen",
                len(self.picture.packets))
        self.flows("and the sound goes on")

    def end(self):
        self.phone.hangup()
        self.ok(eventually(lambda: self.calls() == 1, 5), "its BYE ends its call")
        self.other.hangup()
        self.ok(eventually(lambda: not self.one.status()["sessions"], 5), "and the room is empty")

    def close(self):
        if self.phone:
            self.phone.stop()
        self.other.ua.close()
        self.ear.close()
        self.signals.close()


def trial(lab, tap, one, name, make, steps):
    """A failure of one phone leaves the others their chance."""
    began = time.monotonic()
    it = Trial(lab, tap, one, name)
    try:
        it.phone = make(lab, "phone-" + it.room)
        for step in steps:
            getattr(it, step)()
    except Skip as reason:
        tap.skip(name, reason)
    except Exception:
        tap.ok(False, name, traceback.format_exc(), getattr(it.phone, "output", str)()[-2000:])
    it.close()
    tap.note(f"{name}: {time.monotonic() - began:.1f} s")


WHOLE = ("talk", "hold", "transfer", "stays", "end")
BARESIP = ("talk", "hold", "transfer", "gives_up", "end")
ADDED = ("talk", "hold", "video", "transfer", "stays", "end")
EVERY_CODEC = ("opus", "amr", "g722", "g726", "g711", "gsm", "l16", "mpa", "codec2")


def baresip(ip=PHONE, r1=R1, **options):
    return lambda lab, name: Baresip(lab, name, *ip, r1, MINE, **options)


def linphone(ip=PHONE, r1=R1, picture=None, **options):
    return lambda lab, name: Linphone(lab, name, *ip, r1, MINE, still=picture and still(lab, picture), **options)


def twinkle(r1=R1, **options):
    return lambda lab, name: Twinkle(lab, name, *PHONE, r1, MINE, **options)


def run(lab, tap, *rows):
    one = Reflector(lab, "r1", R1)
    for name, make, steps in rows:
        trial(lab, tap, one, name, make, steps)


def baresips(lab, tap):
    """baresip's configurations"""
    everything = dict(codecs=EVERY_CODEC, settings=["module avcodec.so", "module vp9.so"])
    run(lab, tap,
        ("baresip default", baresip(), BARESIP),
        ("baresip all", lambda lab, name: baresip(clip=clip(lab, "red"), **everything)(lab, name),
         ("talk", "seen", *BARESIP[1:])),
        ("baresip ice", baresip(settings=["module ice.so"], account=";medianat=ice"), BARESIP),
        ("baresip rtcpmux", baresip(settings=["rtcp_mux yes"]), BARESIP),
        ("baresip TCP", baresip(transport="tcp"), BARESIP),
        ("baresip IPv6", baresip(PHONE_SIX, R1_SIX, options=["-6"]), BARESIP),
        # without -6 it signals over IPv6 and has its media on IPv4
        ("baresip both", baresip(PHONE_SIX, R1_SIX), BARESIP))


def linphones(lab, tap):
    """linphonec's configurations"""
    run(lab, tap,
        ("linphone default", linphone(), WHOLE),
        ("linphone avpf", linphone(picture="blue", settings=[("rtp", "avpf=1"), ("proxy_0", "avpf=1")]), WHOLE),
        ("linphone ice", linphone(settings=[("net", "firewall_policy=ice")]), WHOLE),
        ("linphone video", linphone(picture="blue", audio_first=True), ADDED),
        ("linphone TCP", linphone(transport="tcp"), WHOLE),
        ("linphone IPv6", linphone(PHONE_SIX, R1_SIX), WHOLE))


def twinkles(lab, tap):
    """twinkle, which can hold in two ways"""
    run(lab, tap,
        ("twinkle default", twinkle(), WHOLE),
        ("twinkle rfc2543", twinkle(settings=["hold_variant=rfc2543"]), WHOLE),
        ("twinkle TCP", twinkle(settings=["sip_transport=tcp"]), WHOLE))


def proxied(lab, tap):
    """each of them through kamailio"""
    Proxy(lab, OTHER[0], PROXY, R1)
    run(lab, tap,
        ("baresip proxy", baresip(r1=PROXY), BARESIP),
        ("baresip proxy TCP", baresip(r1=PROXY, transport="tcp"), BARESIP),
        ("linphone proxy", linphone(r1=PROXY, picture="blue", audio_first=True), ADDED),
        ("linphone proxy TCP", linphone(r1=PROXY, transport="tcp"), WHOLE),
        ("twinkle proxy", twinkle(r1=PROXY), WHOLE))


main(baresips, linphones, twinkles, proxied)
