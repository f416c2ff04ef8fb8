# SPDX-License-Identifier: LGPL-2.1-or-later
"""Phones that others wrote, two each behind one NAT, with ICE and without, and on the same local port; a NAT that gives
every destination another port; a neighbour who knows a victim's SSRC and CNAME; what clients ask to learn their
address."""
import json
import socket
import struct
import time
import traceback

from lab import Ua, main, media
from lab.ear import Ear
from lab.net import Skip, wait_for
from lab.phones import Baresip, Linphone
from lab.reflector import Reflector
from lab.twinkle import Twinkle

R2, OUTSIDE = "10.11.12.14", "10.11.12.17"
INSIDE = (("priv1", "192.168.10.11"), ("priv2", "192.168.10.12"))
TONES = (440, 700)
FORGED = 1500


def eventually(predicate, timeout):
    try:
        return wait_for(lambda: predicate() or time.sleep(0.1), timeout, "it")
    except TimeoutError:
        return False


def baresip(lab, name, place, tone, ice=False):
    options = dict(settings=["module ice.so"], account=";medianat=ice") if ice else {}
    return Baresip(lab, name, *place, R2, tone, **options)


def linphone(lab, name, place, tone, ice=False):
    return Linphone(lab, name, *place, R2, tone, settings=[("net", "firewall_policy=ice")] if ice else ())


def twinkle(lab, name, place, tone):
    # two that begin in one second have the same tags, Call-IDs and branches
    time.sleep(1.1)
    return Twinkle(lab, name, *place, R2, tone)


def baresip_ice(*args):
    return baresip(*args, ice=True)


def linphone_ice(*args):
    return linphone(*args, ice=True)


# linphone and twinkle have the same local port in both places.
ROWS = (("baresip, twice", baresip, baresip), ("baresip with ICE, twice", baresip_ice, baresip_ice),
        ("linphone, twice", linphone, linphone), ("linphone with ICE, twice", linphone_ice, linphone_ice),
        ("twinkle, twice", twinkle, twinkle), ("baresip with ICE and linphone", baresip_ice, linphone),
        ("twinkle and linphone with ICE", twinkle, linphone_ice))


def audio(two):
    """The audio of everybody in a room, as the reflector tells it."""
    return [m for session in two.status()["plugins"]["rtp"]["sessions"] for p in session["participants"]
            for m in p["media"] if m["kind"] == "audio"]


def hears(phone, ears=()):
    """The tones in what a phone plays; of twinkle, whose microphone here falls silent after two seconds and whose
    loudspeaker comes late, in what reaches it."""
    wanted = [*TONES, FORGED]
    if not isinstance(phone, Twinkle):
        samples, rate = phone.recording()
        return media.tones_in(samples[-3 * rate:], rate, wanted)
    found = set()
    for ear in ears:
        samples = media.pcmu_samples([p.payload for p in ear.packets if p.pt == 0])
        found |= media.tones_in(samples, 8000, wanted)
    return found


def talk(lab, tap, two, name, *makers):
    """Two phones in a room: each hears the other and not itself."""
    phones = [make(lab, f"p{i}-{ROWS.index((name, *makers))}", INSIDE[i], TONES[i]) for i, make in enumerate(makers)]
    # of the first and of the second ports
    ears = [[Ear(lab, *place, port) for port in (5566, 5570)] for place in INSIDE]
    try:
        for phone in phones:
            phone.call("room")
        for i, phone in enumerate(phones):
            other = {TONES[1 - i]}
            tap.ok(eventually(lambda: hears(phone, ears[i]) == other, 15), f"{name}: {i + 1} hears {other} Hz alone",
                   hears(phone, ears[i]), json.dumps(audio(two)))
        for i, make in enumerate(makers):
            if make in (baresip_ice, linphone_ice):
                tap.ok(eventually(lambda: sum(m["proved"] for m in audio(two)) >= sum(
                    m in (baresip_ice, linphone_ice) for m in makers), 5), f"{name}: {i + 1} has proved its address",
                    json.dumps(audio(two)))
        tap.ok(all((m["rtp"] or "").startswith(OUTSIDE) for m in audio(two)), f"{name}: both come from {OUTSIDE}")
        for phone in phones:
            phone.hangup()
        tap.ok(eventually(lambda: not two.status()["sessions"], 10), f"{name}: the room is empty in the end")
    finally:
        for phone in phones:
            phone.stop()
        for ear in sum(ears, []):
            ear.close()


def rows(lab, tap, two):
    for row in ROWS:
        try:
            talk(lab, tap, two, *row)
        except Skip as reason:
            tap.skip(row[0], reason)
        except Exception:  # the others have their chance
            tap.ok(False, row[0], traceback.format_exc())


def one_nat(lab, tap):
    """two phones each behind one NAT"""
    two = Reflector(lab, "r2", R2)
    rows(lab, tap, two)
    tap.ok(lab.counter("fw2", "dropped") == 0, "nothing but what firewall 2 passes", lab.counter("fw2", "dropped"))
    tap.note({name: value for name, value in two.status()["counters"].items() if value and
              name.startswith(("nat.", "rtp."))})


def symmetric(lab, tap):
    """two phones each behind a NAT that gives every destination another port"""
    two = Reflector(lab, "r2", R2)
    lab.nft("fw2", 'flush chain ip nat post; add rule ip nat post ip saddr 192.168.10.0/24 oifname "dmz0" '
                   "masquerade fully-random")
    rows(lab, tap, two)
    tap.ok(lab.counter("fw2", "dropped") == 0, "nothing but what firewall 2 passes", lab.counter("fw2", "dropped"))


class Forger:
    """A neighbour of the victim's with two sockets of its own."""

    def __init__(self, lab, ns, ip):
        self.socks = [lab.socket(ns) for _ in range(2)]
        for sock in self.socks:
            sock.bind((ip, 0))
            sock.setblocking(False)
            lab.defer(sock.close)
        self.frames = media.tone_frames(FORGED)

    def send(self, ssrc, seq, cname):
        rtp = media.pack(media.RTP(0, 0, seq, 160 * seq & 0xffffffff, ssrc, self.frames[seq % len(self.frames)]))
        self.socks[0].sendto(rtp, (R2, 5566))
        self.socks[1].sendto(media.rtcp_report(ssrc, cname, None), (R2, 5567))

    def got(self):
        n = 0
        for sock in self.socks:
            try:
                while sock.recv(2048):
                    n += 1
            except BlockingIOError:
                pass
        return n


def forger(lab, tap):
    """a neighbour who knows the victim's SSRC and CNAME gets nothing and is not heard"""
    two = Reflector(lab, "r2", R2)
    for name, make in (("baresip", baresip), ("baresip with ICE", baresip_ice)):
        victim = make(lab, "victim-" + name.replace(" ", "-"), INSIDE[0], TONES[0])
        ben = Ua(lab, "ben", *INSIDE[1], R2)
        call = ben.call("room", ben.stream(announce=True), tone=TONES[1])
        try:
            victim.call("room")
            ear = call.streams[0]
            tap.ok(eventually(lambda: len(ear.packets) > 50 and all(m["rtp"] and m["rtcp"] for m in audio(two)), 15),
                   f"{name}: the victim is heard and known", json.dumps(audio(two)))
            ssrc, seq = ear.packets[-1].ssrc, ear.packets[-1].seq
            attack = Forger(lab, *INSIDE[1])
            cname = f"sip:{victim.name}@{R2}"
            before = [(m["rtp"], m["rtcp"]) for m in audio(two)]
            for i in range(150):
                attack.send(ssrc, ear.packets[-1].seq + 1 + i % 3 & 0xffff, cname)
                time.sleep(0.02)
            tap.ok(attack.got() == 0, f"{name}: the forger gets nothing")
            tap.ok([(m["rtp"], m["rtcp"]) for m in audio(two)] == before, f"{name}: nobody's address has moved")
            tap.ok(ear.heard([*TONES, FORGED]) == {TONES[0]}, f"{name}: nobody hears the forger",
                   ear.heard([*TONES, FORGED]))
            tap.ok(eventually(lambda: hears(victim) == {TONES[1]}, 5), f"{name}: the victim hears the other",
                   hears(victim))
            refused = two.status()["plugins"]["rtp"]["refused"]
            tap.ok(refused["active"] + refused["proved"] >= 150, f"{name}: each of them is counted with its reason",
                   refused)
            victim.hangup()
        finally:
            victim.stop()
            call.hangup()
            ben.close()
        eventually(lambda: not two.status()["sessions"], 5)


def ask(lab, data, wait=5):
    """What checkip answers to who sends `data` (None: nothing) and waits."""
    with lab.socket("priv1", kind=socket.SOCK_STREAM) as sock:
        sock.settimeout(wait)
        sock.connect((R2, 12340))
        if data is not None:
            sock.sendall(data)
        text = b""
        while True:
            part = sock.recv(4096)
            if not part:
                return text.decode()
            text += part


def addresses(lab, tap):
    """what a client asks to learn its address: checkip on TCP, STUN on every port that firewall 2 passes"""
    two = Reflector(lab, "r2", R2, conf="nat: { checkip_clients = 4; checkip_clients_per_address = 3; "
                                        "checkip_deadline = 1; };")
    line = f"{OUTSIDE}\n"
    tap.ok(ask(lab, None) == line, "who says nothing gets a line of text")
    tap.ok(ask(lab, b"\r\n") == line, "who says anything as well")
    http = ask(lab, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    tap.ok(http.startswith("HTTP/1.1 200 OK\r\n") and http.endswith("\r\n\r\n" + line), "HTTP gets HTTP", http)
    body = ask(lab, b"GET / HTTP/1.1\r\nAccept: application/json\r\n\r\n").split("\r\n\r\n")[1]
    tap.ok(json.loads(body)["ip"] == OUTSIDE, "and JSON who asks for it", body)
    tap.ok(ask(lab, b"DELETE / HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 405 "), "another method is refused")
    tap.ok(ask(lab, b"GET / HTTP/1.1\r\nX: ") == "", "who does not finish is cut off")
    tap.ok(ask(lab, b"GET / HTTP/1.1\r\nX: " + 5000 * b"x").startswith("HTTP/1.1 431 "), "who does not end, too")
    idle = [lab.socket("priv1", kind=socket.SOCK_STREAM) for _ in range(3)]
    for sock in idle:
        sock.connect((R2, 12340))
        sock.sendall(b"GET ")
    wait_for(lambda: two.status()["plugins"]["nat"]["checkip_clients"] == 3, 5, "three connections")
    try:
        answer = ask(lab, None)
    except ConnectionError:
        answer = ""
    tap.ok(answer == "", "a fourth of one address is closed")
    tap.ok(eventually(lambda: two.status()["plugins"]["nat"]["checkip_clients"] == 0, 5), "all end at their deadline")
    for sock in idle:
        sock.close()
    with lab.socket("priv1") as sock:
        sock.settimeout(2)
        for port in range(5566, 5574):
            request = struct.pack("!HHI", 1, 0, 0x2112a442) + bytes(range(12))
            sock.sendto(request, (R2, port))
            answer = sock.recv(2048)
            ip = bytes(a ^ b for a, b in zip(answer[28:32], request[4:8]))
            tap.ok(answer[:2] == b"\x01\x01" and socket.inet_ntoa(ip) == OUTSIDE, f"STUN on {port}", answer.hex())
    tap.ok(lab.counter("fw2", "dropped") == 0, "nothing but what firewall 2 passes")


main(one_nat, symmetric, forger, addresses)
