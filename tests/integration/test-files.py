# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files over HTTP at one reflector: who may put, see, fetch and delete, with curl as people have it; ranges, resuming,
quotas, and what is left after kill -9."""
import base64
import hashlib
import json
import os
import re
import signal
import time

from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

R1 = "10.11.12.13"
BASE = f"http://{R1}:5565"
USERS = {"alice": "pw-a", "bob": "pw-b", "eve": "pw-e"}
MIB = 1 << 20


class Answer:
    """Of curl -i: the last head, and the body."""

    def __init__(self, output):
        self.body = output
        self.status, self.fields = 0, {}
        while self.body.startswith(b"HTTP/"):
            head, _, self.body = self.body.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            self.status = int(lines[0].split()[1])
            self.fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:300]}"


class Person:
    """With curl at hand, in the room or not."""

    def __init__(self, lab, name, ns, ip, room="board"):
        self.lab, self.name, self.ns = lab, name, ns
        self.ua = Ua(lab, name, ns, ip, R1, password=USERS[name])
        self.call = self.ua.call(room, tone=440) if room else None

    def curl(self, *words, digest=True):
        who = ["--digest", "-u", f"{self.name}:{USERS[self.name]}"] if digest else []
        return Answer(run(self.lab, self.ns, "curl", "-sS", "-i", "--max-time", "20", *who, *words))

    def files(self, room="board"):
        return self.curl(f"{BASE}/rooms/{room}/files").json["files"]

    def put(self, path, name, *words, room="board"):
        return self.curl("-T", path, *words, f"{BASE}/rooms/{room}/files/{name}")


def run(lab, ns, *command):
    import subprocess
    done = subprocess.run(["ip", "netns", "exec", lab.prefix + ns, *command], capture_output=True)
    return done.stdout


def reflector(lab, options="", start=True):
    conf = f'control: {{ }};\nfiles: {{ spool = "{lab.path("spool")}"; spare = 0; {options} }};\n'
    return Reflector(lab, "r1", R1, users=USERS, conf=conf, start=start)


def content(lab, name, size):
    path = lab.path(name)
    data = os.urandom(size)
    with open(path, "wb") as f:
        f.write(data)
    return path, data


def digest_of(data):
    return "Repr-Digest: sha-256=:" + base64.b64encode(hashlib.sha256(data).digest()).decode() + ":"


def room(lab, tap):
    """a file is put, listed, told, fetched whole and in parts, and deleted by its owner alone"""
    reflector(lab)
    alice = Person(lab, "alice", "ext1", "203.0.113.11")
    bob = Person(lab, "bob", "ext2", "203.0.113.12")
    path, data = content(lab, "a", 3 * MIB + 17)
    put = alice.put(path, "My%20%C3%9Cbersicht.pdf", "-H", "Content-Type: application/pdf; x=y", "-H", digest_of(data))
    tap.ok(put.status == 201 and put.json["name"] == "My Übersicht.pdf" and put.json["type"] == "application/pdf"
           and put.json["sha256"] == hashlib.sha256(data).hexdigest(), "it is created", put)
    found = bob.files()
    tap.ok(len(found) == 1 and found[0]["size"] == len(data) and not found[0]["mine"] and "owner_key" not in found[0],
           "the other one sees it", found)
    tap.ok(alice.files()[0]["mine"], "and she sees that it is hers")
    url = found[0]["url"]
    whole = bob.curl(url, digest=False)
    tap.ok(whole.status == 200 and whole.body == data, "whoever has the URL fetches it", whole.status, len(whole.body))
    etag = whole.fields.get("etag", "")
    tap.ok(etag == f'"{hashlib.sha256(data).hexdigest()}"' and "attachment" in whole.fields["content-disposition"]
           and whole.fields["repr-digest"] in digest_of(data) and whole.fields["x-content-type-options"] == "nosniff",
           "with its hash, to be saved and not shown", whole.fields)
    for what, wanted in (("0-0", data[:1]), ("1000-", data[1000:]), ("-5", data[-5:]), (f"100-{len(data) + 7}", data[100:])):
        part = bob.curl("-r", what, url, digest=False)
        tap.ok(part.status == 206 and part.body == wanted, f"range {what}", part)
    beyond = bob.curl("-r", f"{len(data)}-", url, digest=False)
    tap.ok(beyond.status == 416 and beyond.fields["content-range"] == f"bytes */{len(data)}", "a range beyond it", beyond)
    changed = bob.curl("-r", "5-9", "-H", 'If-Range: "other"', url, digest=False)
    tap.ok(changed.status == 200 and len(changed.body) == len(data), "a range of something else is the whole")
    tap.ok(bob.curl("-H", f"If-None-Match: {etag}", url, digest=False).status == 304, "what one has is not sent again")
    head = bob.curl("-I", url, digest=False)
    tap.ok(head.status == 200 and head.fields["content-length"] == str(len(data)) and not head.body, "HEAD", head)
    tap.ok(bob.curl("-X", "DELETE", url).status == 403, "another one may not delete it")
    tap.ok(bob.curl("-X", "DELETE", url, digest=False).status == 401, "nor nobody")
    tap.ok(alice.curl("-X", "DELETE", url).status == 204, "its owner may")
    tap.ok(bob.curl(url, digest=False).status == 404 and bob.files() == [], "and it is gone")
    again = alice.put(path, "again")
    wait_for(lambda: any(again.json["url"] in m.body for _, m in bob.ua.requests if m.method == "MESSAGE"), 12, "MESSAGE")
    tap.ok(True, "who does not speak control is told by MESSAGE")
    alice.call.hangup()
    bob.call.hangup()
    wait_for(lambda: bob.curl(again.json["url"], digest=False).status == 404, 5, "the end of the room's files")
    tap.ok(not [f for f in os.listdir(lab.path("spool")) if not f.startswith("page")], "and the room takes its files with it")


def strangers(lab, tap):
    """who is not in the room, not a user, without a password, or brings what cannot be"""
    reflector(lab)
    alice = Person(lab, "alice", "ext1", "203.0.113.11")
    eve = Person(lab, "eve", "ext2", "203.0.113.12", room=None)
    path, data = content(lab, "a", 1000)
    none = eve.curl(f"{BASE}/rooms/board/files", digest=False)
    tap.ok(none.status == 401 and "www-authenticate" in none.fields, "without a name: 401", none)
    tap.ok(eve.curl(f"{BASE}/rooms/board/files").status == 403, "not in the room: 403")
    tap.ok(eve.put(path, "x").status == 403, "and she puts nothing there")
    tap.ok(eve.put(path, "x", room="nowhere").status == 403, "nor where there is no room")
    wrong = eve.curl("-u", "alice:guess", f"{BASE}/rooms/board/files")
    tap.ok(wrong.status == 401, "a wrong password: 401", wrong)
    for _ in range(6):
        late = eve.curl("-u", "alice:guess", f"{BASE}/rooms/board/files")
    tap.ok(late.status == 429 and int(late.fields["retry-after"]) >= 1, "too many of them: 429", late)
    tap.ok(alice.files() == [], "which is nothing to alice, who is elsewhere")
    tap.ok(eve.curl("-H", "Authorization: Bearer " + 32 * "0", f"{BASE}/rooms/board/files", digest=False).status == 401,
           "a wrong passkey: 401")
    bad = alice.put(path, "x", "-H", digest_of(b"something else"))
    tap.ok(bad.status == 422 and alice.files() == [], "a wrong digest: 422, and nothing is left", bad)
    tap.ok(alice.put(path, "x", "-H", "Repr-Digest: sha-256=:zzz:").status == 400, "one that is none: 400")
    tap.ok(eve.curl(f"{BASE}/links/{32 * 'a'}", digest=False).status == 404, "no reflector: 404")
    tap.ok(eve.curl(f"{BASE}/files/{32 * 'a'}/x", digest=False).status == 404, "no such file: 404")
    tap.ok(alice.curl("-X", "DELETE", f"{BASE}/rooms/board/files").status == 405, "what cannot be done: 405")
    empty, _ = content(lab, "empty", 0)
    put = alice.put(empty, "empty")
    got = alice.curl(put.json["url"], digest=False)
    tap.ok(put.status == 201 and got.status == 200 and not got.body, "an empty file is a file", put, got)


def quotas(lab, tap):
    """of one file, one person, the room; and a body that nobody wants is not read"""
    reflector(lab, "max_file = 2; max_participant = 3; max_session = 4; max_files = 3;")
    alice = Person(lab, "alice", "ext1", "203.0.113.11")
    bob = Person(lab, "bob", "ext2", "203.0.113.12")
    large, _ = content(lab, "large", 2 * MIB + 1)
    two, _ = content(lab, "two", 2 * MIB)
    small, _ = content(lab, "small", 10)
    began = time.monotonic()
    answer = alice.put(large, "large")
    tap.ok(answer.status == 413 and "file" in answer.json["error"], "one file", answer)
    unasked = alice.put(large, "large", "-H", "Expect:")
    tap.ok(unasked.status == 413, "and without asking before", unasked)
    tap.ok(time.monotonic() - began < 15, "at once")
    tap.ok(alice.put(two, "two").status == 201, "as large as may be")
    tap.ok(alice.put(two, "two").status == 413, "one person's")
    tap.ok(bob.put(two, "two").status == 201, "the room is full then")
    tap.ok(bob.put(small, "x").status == 413, "the room's")
    left = alice.curl(f"{BASE}/rooms/board/files").json["limits"]
    tap.ok(left == {"file": 2 * MIB, "left": 0}, "and the list says so", left)


def resume(lab, tap):
    """an upload that breaks goes on where it was, also after kill -9; what is whole is there again"""
    it = reflector(lab)
    alice = Person(lab, "alice", "ext1", "203.0.113.11")
    path, data = content(lab, "big", 8 * MIB)
    url = f"{BASE}/rooms/board/files/big"
    kept = alice.put(path, "kept").json

    def broken():
        """Slowly, and killed in the middle."""
        process = lab.start("ext1", ["curl", "-sS", "--limit-rate", "4M", "--digest", "-u", "alice:pw-a", "-H",
                                     digest_of(data), "-T", path, url], "curl")
        wait_for(lambda: offset() > MIB or part() > MIB, 10, "the first octets")
        return process

    def part():
        return max((os.path.getsize(lab.path("spool", f)) for f in os.listdir(lab.path("spool")) if f.endswith(".part")),
                   default=0)

    def offset():
        answer = alice.curl("-I", "-H", digest_of(data), url)
        return int(answer.fields.get("upload-offset", "0"))

    process = broken()
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = wait_for(offset, 5, "what is there of it")
    tap.ok(MIB <= there < len(data), f"{there} octets are there", there)
    rest = lab.path("rest")
    with open(rest, "wb") as f:
        f.write(data[there:])
    wrong = alice.curl("-T", rest, "-H", digest_of(data), "-H", f"Content-Range: bytes {there - 1}-{len(data) - 2}/{len(data) - 1}", url)
    tap.ok(wrong.status == 416, "from elsewhere: 416", wrong)
    more = ["-H", digest_of(data), "-H", f"Content-Range: bytes {there}-{len(data) - 1}/{len(data)}"]
    done = alice.curl("-T", rest, *more, url)
    tap.ok(done.status == 201 and done.json["sha256"] == hashlib.sha256(data).hexdigest(), "the rest makes it whole", done)
    process = broken()
    it.kill()
    process.wait()
    it.start()
    got = alice.curl(kept["url"], digest=False)
    tap.ok(got.body == data, "after kill -9 whole files are there, under the same URL", got.status)
    alice = Person(lab, "alice", "ext1", "203.0.113.11")
    there = wait_for(offset, 5, "what is there of it")
    with open(rest, "wb") as f:
        f.write(data[there:])
    done = alice.curl("-T", rest, "-H", digest_of(data), "-H",
                      f"Content-Range: bytes {there}-{len(data) - 1}/{len(data)}", url)
    tap.ok(done.status == 201 and done.json["sha256"] == hashlib.sha256(data).hexdigest(), "and a part goes on", done)
    tap.ok({f["name"] for f in alice.files()} == {"kept", "big"}, "her files are hers again", alice.files())


main(room, strangers, quotas, resume)
