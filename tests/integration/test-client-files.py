# SPDX-License-Identifier: LGPL-2.1-or-later
"""reflector-client's send-file and get-file: lists, fetches, resumes, checks, refuses, across two reflectors."""
import hashlib
import os
import signal

from lab import main
from lab.net import wait_for
from lab.reflector import Reflector
from lab.share import Client

R1, R2 = "10.11.12.13", "10.11.12.14"
INNER, OUTER = f"sip:demo@{R2}", f"sip:demo@{R1}"
MIB = 1 << 20


def pair(lab, options=""):
    conf = f'control: {{ }};\nfiles: {{ spool = "{lab.path("spool-%s")}"; spare = 0; {options} }};\n'
    return (Reflector(lab, "r1", R1, peers=[R2], conf=conf % "r1"), Reflector(lab, "r2", R2, peers=[R1], conf=conf % "r2"))


def content(lab, name, size):
    path = lab.path(name)
    data = os.urandom(size)
    with open(path, "wb") as f:
        f.write(data)
    return path, data


def same(path, data):
    with open(path, "rb") as f:
        return f.read() == data


def give(lab, tap):
    """u1 gives a file at R2, u3 and u4 list and fetch it at R1"""
    pair(lab)
    path, data = content(lab, "Übersicht.pdf", 3 * MIB + 5)
    u1 = Client(lab, "priv1", "u1", "send-file", "--stay", path, room=INNER)
    sent = u1.wait("sent")["file"]
    tap.ok(sent["name"] == "Übersicht.pdf" and sent["type"] == "application/pdf" and sent["size"] == len(data)
           and sent["sha256"] == hashlib.sha256(data).hexdigest(), "it is sent", sent)
    u3 = Client(lab, "ext1", "u3", "get-file", "--list", room=OUTER)
    tap.ok(u3.wait_end() == 0, "the list", u3.events)
    page = u3.find("page")[0]["url"]
    tap.ok("<title>" in lab.run("ext1", "curl", "-sS", page), "and where the room's page is", page)
    offered = u3.find("offered")
    tap.ok(len(offered) == 1 and offered[0]["id"] == sent["id"] and offered[0]["url"].startswith(f"http://{R1}:5565/"),
           "has it, at one's own reflector", offered)
    folder = lab.path("got")
    os.mkdir(folder)
    for number in range(2):
        u4 = Client(lab, "ext2", f"u4-{number}", "get-file", "--all", "--output", folder, room=OUTER)
        tap.ok(u4.wait_end(20) == 0, "it is fetched", u4.events)
    names = sorted(os.listdir(folder))
    tap.ok(names == ["Übersicht.pdf", "Übersicht.pdf (2)"], "twice, and nothing is replaced", names)
    tap.ok(all(same(os.path.join(folder, name), data) for name in names), "and it is right")
    none = Client(lab, "ext1", "u5", "get-file", "--name", "nothing", room=OUTER)
    tap.ok(none.wait_end() == 1, "a file that is not there: 1", none.events)
    u1.process.send_signal(signal.SIGINT)
    tap.ok(u1.wait_end() == 0, "its giver leaves")


def refused(lab, tap):
    """what cannot be is said, with the exit status that the manual names"""
    pair(lab, "max_file = 1;")
    path, _ = content(lab, "large", MIB + 1)
    large = Client(lab, "priv1", "u1", "send-file", path, room=INNER)
    tap.ok(large.wait_end(20) == 4 and "larger" in large.find("error")[0]["message"], "too large: 4", large.events)
    missing = Client(lab, "priv1", "u2", "send-file", lab.path("nothing"), room=INNER)
    tap.ok(missing.wait_end(20) == 1, "a file that is not there: 1", missing.events)
    for words in (["get-file"], ["get-file", "--all", "--list"], ["get-file", "--all", "--output", "/nowhere"],
                  ["send-file", "--name", "a/b", path]):
        wrong = Client(lab, "priv1", "u3", *words, room=INNER)
        tap.ok(wrong.wait_end() == 2, f"{' '.join(words[:3])}: 2", wrong.events)


def resumed(lab, tap):
    """both go on where they were: killed in the middle, and begun again"""
    _, two = pair(lab)
    path, data = content(lab, "big.bin", 192 * MIB)
    spool = lab.path("spool-r2")

    def part():
        return max((os.path.getsize(os.path.join(spool, f)) for f in os.listdir(spool) if f.endswith(".part")), default=0)

    Client(lab, "priv2", "host", "monitor", room=INNER).wait("joined")  # the room stays when u1 is gone
    u1 = Client(lab, "priv1", "u1", "send-file", path, room=INNER)
    wait_for(lambda: part() > MIB or u1.find("sent"), 30, "the first octets")
    u1.process.kill()
    u1.wait_end()
    began = not u1.find("sent")
    again = Client(lab, "priv1", "u1", "send-file", "--stay", path, room=INNER)
    sent = again.wait("sent", 40)["file"]
    taken = two.status()["counters"]["files.octets_in"]
    tap.ok(began and taken < len(data) + 32 * MIB, "what is there already is not sent again", began, taken)
    tap.ok(sent["sha256"] == hashlib.sha256(data).hexdigest(), "an upload goes on, and is whole", sent)
    folder = lab.path("got")
    os.mkdir(folder)
    half = os.path.join(folder, hashlib.sha256(data).hexdigest()[:32] + ".part")
    with open(half, "wb") as f:
        f.write(data[:20 * MIB])
    u4 = Client(lab, "ext2", "u4", "get-file", "--name", "big.bin", "--output", folder, room=OUTER)
    tap.ok(u4.wait_end(40) == 0 and same(os.path.join(folder, "big.bin"), data), "a download goes on from its part", u4.events)
    other = lab.path("other")
    os.mkdir(other)
    with open(os.path.join(other, os.path.basename(half)), "wb") as f:
        f.write(b"x" * MIB)
    wrong = Client(lab, "ext2", "u6", "get-file", "--name", "big.bin", "--output", other, room=OUTER)
    tap.ok(wrong.wait_end(40) == 1 and wrong.find("failed") and os.listdir(other) == [], "a part of something else is thrown away",
           wrong.events, os.listdir(other))


main(give, refused, resumed)
