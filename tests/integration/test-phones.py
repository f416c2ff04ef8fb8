# SPDX-License-Identifier: LGPL-2.1-or-later
"""Phones that others wrote: baresip, linphonec and sipp with tones, baresip and linphonec with
colours, hold and resume."""
import time

from lab import Ua, main, media
from lab.ear import Ear
from lab.net import wait_for
from lab.phones import Baresip, Linphone, Sipp, clip, still
from lab.reflector import Reflector

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")


def hears(phone, tone, others=()):
    """Whether a recording holds the tone for a second, and none of the others."""
    samples, rate = phone.recording()
    return media.tones_in(samples, rate, [tone, *others]) == {tone}


def two_phones(lab, tap):
    """baresip and linphonec hear each other's tone"""
    Reflector(lab, "r1", R1)
    baresip = Baresip(lab, "anna", *EXT1, R1, 440)
    linphone = Linphone(lab, "ben", *EXT2, R1, 700)
    baresip.call("duo")
    linphone.call("duo")
    for name, phone, tone, own in (("baresip", baresip, 700, 440), ("linphonec", linphone, 440, 700)):
        good = eventually(lambda: hears(phone, tone, [own]), 12)
        tap.ok(good, f"{name} has recorded {tone} Hz and not its own {own} Hz", len(phone.recording()[0]))
    baresip.hangup()
    linphone.hangup()


def eventually(predicate, timeout):
    try:
        wait_for(lambda: predicate() or time.sleep(0.3), timeout, "it")
        return True
    except TimeoutError:
        return False


def sipp_plays(lab, tap):
    """sipp's tone reaches baresip, and baresip's tone reaches sipp's port"""
    Reflector(lab, "r1", R1)
    baresip = Baresip(lab, "anna", *EXT1, R1, 440)
    sipp = Sipp(lab, "sam", *EXT2, R1, 1000, seconds=20)
    ear = Ear(lab, *EXT2, 5566)
    baresip.call("sipp")
    sipp.call("sipp")
    tap.ok(eventually(lambda: hears(baresip, 1000, [440]), 12), "baresip has recorded sipp's 1000 Hz")
    tap.ok(eventually(lambda: ear.heard([440, 1000]) == {440}, 8), "440 Hz and nothing else came to sipp",
           ear.ssrcs(), ear.heard([440, 1000]))


def pictures(lab, tap):
    """baresip and linphonec see each other's colour"""
    Reflector(lab, "r1", R1)
    baresip = Baresip(lab, "anna", *EXT1, R1, 440, clip=clip(lab, "red"))
    linphone = Linphone(lab, "ben", *EXT2, R1, 700, still=still(lab, "blue"))
    linphone.call("video")
    baresip.call("video")
    tap.ok(eventually(lambda: baresip.picture() == "blue", 20), "baresip shows blue", baresip.picture())
    tap.ok(eventually(lambda: linphone.picture() == "red", 20), "linphonec shows red", linphone.picture())


def hold(lab, tap):
    """baresip on hold sends and gets nothing, and both again after it has resumed"""
    Reflector(lab, "r1", R1)
    baresip = Baresip(lab, "anna", *EXT1, R1, 440)
    other = Ua(lab, "ben", *EXT2, R1).call("hold").streams[0]
    ear = Ear(lab, *EXT1, 5566)
    other.talk(700)
    baresip.call("hold")
    lab.engine.wait(lambda: len(ear.packets) > 50 and len(other.packets) > 50, 8, "sound both ways")
    baresip.command("hold")
    time.sleep(0.5)
    here, there = len(ear.packets), len(other.packets)
    time.sleep(1)
    tap.ok(len(ear.packets) == here, "nothing comes to baresip on hold", len(ear.packets) - here)
    baresip.command("resume")
    lab.engine.wait(lambda: len(ear.packets) > here + 50 and len(other.packets) > there + 50, 5,
                    "sound both ways after resume")


main(two_phones, sipp_plays, pictures, hold)
