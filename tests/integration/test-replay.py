# SPDX-License-Identifier: LGPL-2.1-or-later
"""The first INVITEs of thirteen configurations of baresip and linphonec: what needs no encryption is
answered and has sound, the rest is refused with a reason."""
from lab import Ua, main, sip
from lab.reflector import Reflector
from lab.replay import PHONE, Replay, medium, names, text

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", PHONE), ("ext2", "203.0.113.12")
PORTS = {"audio": 5566, "video": 5568}
ENCRYPTED = {"baresip_dtls", "baresip_srtp_mand", "linphone_dtls", "linphone_srtp"}


def faults(offer, answer):
    """What is wrong with an answer (RFC 3264 §6): a list of lines."""
    found = []
    offered, answered = sip.parse_sdp(offer), sip.parse_sdp(answer)
    if [m["kind"] for m in offered] != [m["kind"] for m in answered]:
        return [f"m-lines: {answered}"]
    for theirs, ours in zip(offered, answered):
        if (ours["port"], ours["ip"], ours["direction"]) != (PORTS[ours["kind"]], R1, "sendrecv"):
            found.append(f"{ours['kind']}: {ours}")
        if not ours["formats"] or not set(ours["formats"]) <= set(theirs["formats"]):
            found.append(f"formats {ours['formats']}")
        for word in ("rtcp-mux", "rtcp-rsize"):
            if word in ours["lines"] and word not in theirs["lines"]:
                found.append(f"{word} was not offered")
        if ours["rtcp"] not in (None, ours["port"] + ("rtcp-mux" not in ours["lines"])):
            found.append(f"RTCP at {ours['rtcp']}")
    unwanted = ["a=crypto", "a=fingerprint", "a=setup", "trr-int", "tmmbr"]
    if "a=ice-ufrag" not in offer:
        unwanted += ["a=ice", "a=candidate"]
    elif any(f"a={word}" not in answer for word in ("ice-lite", "ice-ufrag:", "ice-pwd:", "candidate:")):
        found.append("ICE was offered")
    return found + [line for line in answer.splitlines() if any(word in line for word in unwanted)]


def accepted(lab, tap, name, call, other):
    problems = faults(text(name), call.last.body)
    tap.ok(not problems, f"{name}: the answer is right", *problems, call.last.body)
    here, there = call.streams[0], other.streams[0]
    here.talk(440, rtcp=False)
    lab.engine.wait(lambda: len(there.from_ssrc(here.ssrc)) > 20 and len(here.from_ssrc(there.ssrc)) > 20, 5,
                    f"{name}: sound both ways")
    tap.ok(call.reinvite() == 200 and call.last.body.splitlines()[2:] == call.first.splitlines()[2:],
           f"{name}: the same offer again has the same answer", call.last.body)
    refusal = call.ask("REFER", [("Refer-To", f"<sip:elsewhere@{R1}>")])
    tap.ok(refusal.status == 405 and "REFER" not in refusal.get("allow"), f"{name}: a transfer is refused politely",
           refusal.status, refusal.headers)
    count = len(here.from_ssrc(there.ssrc))
    lab.engine.wait(lambda: len(here.from_ssrc(there.ssrc)) > count + 10, 5, f"{name}: the call goes on")
    call.hangup()


def offers(lab, tap):
    """each offer is answered as it should be"""
    one = Reflector(lab, "r1", R1)
    other = Ua(lab, "ben", *EXT2, R1).call("room", tone=700)
    tap.ok(len(names()) == 13 and ENCRYPTED < set(names()), "thirteen offers", names())
    for name in names():
        ua = Ua(lab, "alice", *EXT1, R1)
        call = Replay(ua, "room", text(name))
        status = call.dial()
        if name in ENCRYPTED:
            tap.ok(status == 488 and call.last.get("warning").startswith("302 "), f"{name}: 488 with a Warning",
                   status, call.last.headers)
        elif tap.ok(status == 200, f"{name}: 200", status):
            call.first = call.last.body
            accepted(lab, tap, name, call, other)
        lab.engine.wait(lambda: one.status()["plugins"]["sip"]["count"] == 1, 5, f"{name}: no call is left")
        ua.close()


def more(lab, tap, audio, video, pt):
    one = Reflector(lab, "r1", R1)
    ben = Ua(lab, "ben", *EXT2, R1)
    other = ben.call("room", ben.stream(), ben.stream("video"))
    other.streams[0].talk(700)
    call = Replay(Ua(lab, "alice", *EXT1, R1), "room", text(audio))
    tap.ok(call.dial() == 200, "audio alone: 200", call.status)
    here, there = call.streams[0], other.streams[0]
    here.talk(440, rtcp=False)
    lab.engine.wait(lambda: there.from_ssrc(here.ssrc) and here.from_ssrc(there.ssrc), 5, "sound both ways")
    tap.ok(call.add(medium(video, "video")) == 200, "with video: 200", call.status)
    answer = call.answer[1]
    tap.ok(answer["port"] == 5568 and answer["formats"] == [pt], f"video is VP8 as {pt}", answer)
    count = len(here.packets)
    call.streams[1].talk(1000, rtcp=False)
    other.streams[1].talk(1000, rtcp=False)
    mine, theirs = call.streams[1], other.streams[1]
    lab.engine.wait(lambda: mine.from_ssrc(theirs.ssrc) and theirs.from_ssrc(mine.ssrc), 5, "video both ways")
    tap.ok({p.pt for p in mine.packets} == {pt} and {p.pt for p in theirs.packets} == {96},
           "each with its own payload type", {p.pt for p in mine.packets}, {p.pt for p in theirs.packets})
    lab.engine.wait(lambda: len(here.packets) > count + 20, 5, "sound goes on")
    tap.ok(len(one.status()["sessions"]) == 1, "in one session", one.status()["sessions"])


def baresip_video(lab, tap):
    """baresip's offer of audio, then of video too"""
    more(lab, tap, "baresip_default", "baresip_all", 100)


def linphone_video(lab, tap):
    """linphonec's offer of audio, then of video too"""
    more(lab, tap, "linphone_default", "linphone_video", 96)


main(offers, baresip_video, linphone_video)
