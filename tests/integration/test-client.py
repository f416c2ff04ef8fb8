# SPDX-License-Identifier: LGPL-2.1-or-later
"""reflector-client as people run it: what it plays through a NAT is heard and recorded, who is there and who sends, a
local tool bridged, and the exit status of each way to end."""
import glob
import os
import signal

from lab import Ua, main, media, meter
from lab.net import wait_for
from lab.reflector import Reflector
from lab.share import Client

R1, R2 = "10.11.12.13", "10.11.12.14"
ROOM = f"sip:hall@{R1}"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")


def tone(lab, frequency):
    path = lab.path(f"{frequency}.wav")
    media.write_wav(path, frequency, 30)
    return path


def play(lab, ns, name, frequency, room=ROOM):
    client = Client(lab, ns, name, "play", "--loop", tone(lab, frequency), room=room)
    client.wait("joined")
    return client


def recorded(lab, ns, *arguments, room=ROOM):
    """The wav files of seven seconds, by what is in them: [(samples, rate)]."""
    path = lab.path("recorded.wav")
    client = Client(lab, ns, "ear", "record", *arguments, "--duration", "7", path, room=room)
    assert client.wait_end(30) == 0, client.events
    return [media.read_wav(name) for name in sorted(glob.glob(lab.path("recorded*.wav")))]


def heard(tones, samples, rate):
    """Of the middle seconds: at the ends somebody may be missing."""
    middle = samples[2 * rate:6 * rate]
    return {f for f in tones if meter.Verdict(middle, rate, [f], skip=0).good(3)}


def sound(lab, tap):
    """played behind a NAT and inside, on two reflectors: recorded as a mix and each by itself"""
    Reflector(lab, "r1", R1, peers=[R2], conf="mixer: { };")
    Reflector(lab, "r2", R2, peers=[R1], conf="mixer: { };")
    players = [play(lab, "extn", "anna", 440), play(lab, "priv1", "ben", 700, f"sip:hall@{R2}")]
    mix = recorded(lab, "ext2", "--mode", "mix")
    tap.ok(len(mix) == 1 and heard([440, 700], *mix[0]) == {440, 700}, "the mix has both",
           [heard([440, 700], *m) for m in mix])
    os.unlink(lab.path("recorded.wav"))
    each = recorded(lab, "ext2", "--each", "--mode", "all")
    tap.ok(sorted(map(sorted, (heard([440, 700], *m) for m in each))) == [[440], [700]],
           "apart there is a file for each", [heard([440, 700], *m) for m in each])
    for player in players:
        player.process.send_signal(signal.SIGINT)
        tap.ok(player.wait_end() == 0, f"{player.name} leaves with status 0")


def people(lab, tap):
    """who is there, and who sends what"""
    one = Reflector(lab, "r1", R1)
    carl = Ua(lab, "carl", *EXT1, R1).call("hall", tone=440)
    roster = Client(lab, "ext2", "looks", "roster", room=ROOM)
    tap.ok(roster.wait_end() == 0, "the roster is told", roster.events)
    users = {user["user"]: user["calls"][0]["status"] for user in roster.find("roster")[-1]["users"]}
    tap.ok(users == {f"sip:carl@{R1}": "connected", f"sip:looks@{R1}": "on-hold"}, "with carl, and who asks", users)
    monitor = Client(lab, "ext2", "watches", "monitor", "--duration", "4", room=ROOM)
    tap.ok(monitor.wait_end() == 0, "the sources are told", monitor.events)
    source = monitor.find("source")[-1]
    tap.ok(source["owner"] == f"sip:carl@{R1}" and source["ssrc"] == carl.streams[0].ssrc and
           source["codec"] == "PCMU/8000" and source["lost"] == 0 and 60 < source["kbit_s"] < 68, "carl's as it is", source)
    wait_for(lambda: len(one.status()["sessions"][0]["participants"]) == 1, 5, "both have left")


def bridged(lab, tap):
    """a local tool sends through the bridge, and gets what others send"""
    Reflector(lab, "r1", R1)
    carl = Ua(lab, "carl", *EXT1, R1).call("hall", tone=440).streams[0]
    tool = lab.socket("ext2")
    tool.bind(("127.0.0.1", 7002))
    bridge = Client(lab, "ext2", "tool", "bridge", "--audio", "7000", "--audio-to", "7002", room=ROOM)
    bridge.wait("joined")
    got = []
    lab.engine.watch(tool, lambda: got.append(media.unpack(tool.recv(2000))))
    frames = media.tone_frames(700)
    for seq in range(100):  # as a tool would that has its own clock
        tool.sendto(media.pack(media.RTP(0, 0, seq, 160 * seq, 0x700700, frames[seq % 50])), ("127.0.0.1", 7000))
        lab.engine.wait(lambda: len(got) > seq, 5, "a packet of carl's")
    lab.engine.wait(lambda: len(carl.from_ssrc(0x700700)) > 90, 5, "the tool's packets at carl's")
    tap.ok({p.ssrc for p in got if p} == {carl.ssrc}, "the tool gets carl's source as it is")
    bridge.process.send_signal(signal.SIGTERM)
    tap.ok(bridge.wait_end() == 0, "it leaves with status 0")


def endings(lab, tap):
    """each way to end has its exit status"""
    one = Reflector(lab, "r1", R1, users={"anna": "secret"}, conf='rooms: { pins = ( { room = "board"; pin = "4711"; } ); };')

    def status(name, *arguments, room=ROOM, password="secret"):
        client = Client(lab, "ext1", name, "monitor", "--timeout", "3", *arguments, room=room,
                        env=dict(os.environ, REFLECTOR_PASSWORD=password))
        return client.wait_end(20)
    tap.ok(status("anna", "--duration", "1") == 0, "0: was there, and left")
    tap.ok(status("anna", "--duration", "never") == 2, "2: wrong usage")
    tap.ok(status("anna", "--local", "nowhere") == 2, "2: no local address")
    tap.ok(status("anna", room="sip:hall@203.0.113.99") == 3, "3: nobody answers")
    tap.ok(status("anna", room=f"sip:board@{R1};pin=1234") == 4, "4: refused, for a wrong PIN")
    tap.ok(status("anna", "--duration", "1", room=f"sip:board@{R1};pin=4711") == 0, "0: the right one")
    tap.ok(status("anna", password="guess") == 5, "5: wrong password")
    stays = Client(lab, "ext1", "anna", "monitor", room=ROOM, env=dict(os.environ, REFLECTOR_PASSWORD="secret"))
    wait_for(lambda: len(one.status()["sessions"]) == 1, 10, "she is there")
    one.stop()
    tap.ok(stays.wait_end() == 6, "6: the server has ended it")


main(sound, people, bridged, endings)
