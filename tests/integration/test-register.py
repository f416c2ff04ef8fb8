# SPDX-License-Identifier: LGPL-2.1-or-later
"""Registration, being called by name, and text: baresip and linphonec over UDP and TCP."""
import time

from lab import Ua, main, media
from lab.net import wait_for
from lab.phones import Baresip, Linphone
from lab.reflector import Reflector
from lab.twinkle import Twinkle

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")
USERS = {"anna": "secret", "ben": "secret", "carl": "secret"}


def registered(reflector):
    return {r["name"]: r for r in reflector.status()["plugins"]["sip"]["registrations"]}


def eventually(predicate, timeout):
    try:
        wait_for(lambda: predicate() or time.sleep(0.2), timeout, "it")
        return True
    except TimeoutError:
        return False


def tones(samples, rate, wanted):
    return media.tones_in(samples, rate, wanted)


def two_phones(lab, transport):
    other = "tcp" if transport == "udp" else "udp"
    anna = Baresip(lab, "anna", *EXT1, R1, 440, register=True, transport=transport)
    ben = Linphone(lab, "ben", *EXT2, R1, 700, register=True, transport=other)
    ben.command("autoanswer enable")
    return anna, ben


def called(lab, tap, transport):
    r1 = Reflector(lab, "r1", R1, users=USERS)
    anna, ben = two_phones(lab, transport)
    tap.ok(eventually(lambda: {"anna", "ben"} <= set(registered(r1)), 10), "both are registered", registered(r1))
    tap.ok(registered(r1)["anna"]["transport"] == transport, f"baresip over {transport}", registered(r1))
    for name, phone, tone in (("anna", anna, 440), ("ben", ben, 700)):
        call = Ua(lab, "carl", *EXT1, R1, password="secret").call(name, tone=1000)
        stream = call.streams[0]
        tap.ok(eventually(lambda: tones(phone.recording()[0], phone.recording()[1], [1000, tone]) == {1000}, 15),
               f"{name} is called and hears the caller", r1.status()["counters"])
        tap.ok(eventually(lambda: len(stream.packets) > 50, 5), f"and is heard ({tone} Hz)", len(stream.packets))
        call.hangup()
        phone.hangup()
        lab.engine.wait(lambda: not r1.status()["sessions"], 5, "an empty house")
    counters = r1.status()["counters"]
    tap.ok(counters["sip.rung_answered"] == 2, "both have answered", counters)


def udp(lab, tap):
    """baresip over UDP and linphonec over TCP register and are called by name"""
    called(lab, tap, "udp")


def tcp(lab, tap):
    """baresip over TCP and linphonec over UDP register and are called by name"""
    called(lab, tap, "tcp")


def stranger(lab, tap):
    """a wrong password registers nobody"""
    r1 = Reflector(lab, "r1", R1, users={"anna": "other"})
    Baresip(lab, "anna", *EXT1, R1, 440, register=True)
    lab.engine.wait(lambda: r1.status()["counters"]["sip.wrong_credentials"] > 0, 10, "a refusal")
    tap.ok(not registered(r1), "nobody is registered", registered(r1))


def without_registrar(lab, tap):
    """where nobody can register a phone that wants to calls all the same"""
    r1 = Reflector(lab, "r1", R1)
    anna = Baresip(lab, "anna", *EXT1, R1, 440, register=True)
    lab.engine.wait(lambda: r1.status()["counters"]["sip.refused"] > 0, 10, "a refusal")
    tap.ok(bool(anna.call("room")), "it is in its room")


def one_calls_the_other(lab, tap):
    """baresip calls twinkle by its name: it rings, they hear and read each other"""
    r1 = Reflector(lab, "r1", R1, users=USERS)
    ben = Twinkle(lab, "ben", *EXT2, R1, 700, register=True)
    ben.command("auto_answer -a on")
    anna = Baresip(lab, "anna", *EXT1, R1, 440, register=True, contacts=f'"ben" <sip:ben@{R1}>\n')
    tap.ok(eventually(lambda: {"anna", "ben"} <= set(registered(r1)), 10), "both are registered", registered(r1))
    anna.call("ben")
    for name, phone, tone, own in (("baresip", anna, 700, 440), ("twinkle", ben, 440, 700)):
        tap.ok(eventually(lambda: tones(*phone.recording(), [tone, own]) == {tone}, 12), f"{name} hears {tone} Hz",
               r1.status()["counters"])
    anna.command("message", "hello from anna")
    tap.ok(eventually(lambda: "hello from anna" in ben.output(), 5), "twinkle shows baresip's text", ben.output()[-1000:])
    ben.command(f'message sip:ben@{R1} "hello from ben"')
    tap.ok(eventually(lambda: r1.status()["counters"]["sip.messages_sent"] == 2, 5), "baresip takes twinkle's",
           r1.status()["counters"])
    ben.hangup()
    tap.ok(eventually(lambda: r1.status()["plugins"]["sip"]["count"] == 1, 5), "twinkle hangs up")
    anna.hangup()
    tap.ok(eventually(lambda: not r1.status()["sessions"], 5), "and baresip")
    ben.command("quit")
    tap.ok(eventually(lambda: set(registered(r1)) == {"anna"}, 5), "twinkle takes its registration back", registered(r1))


def text(lab, tap):
    """what one types in a room the others read, whatever their phones are"""
    r1 = Reflector(lab, "r1", R1)
    anna = Baresip(lab, "anna", *EXT1, R1, 440, contacts=f'"room" <sip:room@{R1}>\n')
    ben = Linphone(lab, "ben", *EXT2, R1, 700)
    carl = Ua(lab, "carl", *EXT1, R1)
    anna.call("room")
    ben.call("room")
    carl.call("room")

    def carl_has(words):
        return any(m.method == "MESSAGE" and words in m.body for _, m in carl.requests)

    anna.command("message", "hello from anna")
    tap.ok(eventually(lambda: carl_has("hello from anna"), 5), "baresip's text came to our client", r1.status()["counters"])
    tap.ok(eventually(lambda: "hello from anna" in ben.output(), 5), "and to linphonec", ben.output()[-2000:])
    ben.command(f"chat sip:room@{R1} hello from ben")
    tap.ok(eventually(lambda: carl_has("hello from ben"), 5), "linphonec's text came to our client", r1.status()["counters"])
    # baresip shows nobody what it has got, but says 200
    tap.ok(eventually(lambda: r1.status()["counters"]["sip.messages_sent"] == 4, 5), "and to baresip",
           r1.status()["counters"])
    tap.ok(r1.status()["counters"]["sip.messages_refused"] == 0, "nobody refused any", r1.status()["counters"])
    calls = r1.status()["plugins"]["sip"]["count"]
    tap.ok(calls == 3, "all three are still in the room", calls)


main(udp, tcp, one_calls_the_other, stranger, without_registrar, text)
