# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files between two reflectors with firewalls around them: a participant fetches at his own what was put at the other
one; ranges, several at once, the cache and without it; a link that breaks, a holder that is killed, octets that are wrong."""
import hashlib
import os
import subprocess
import threading
import time

from lab import Capture, Ua, main
from lab.control import Control
from lab.net import wait_for
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
KEY, OFFERED, GONE = 1, 2, 3
FILE, NAME, SIZE, SHA256, OWNER, TYPE, URL, REASON, BASE, ROOM, PASSKEY, PAGE = range(1, 13)
MIB = 1 << 20


class Person:
    """In the room, and told of files by the control channel."""

    def __init__(self, lab, name, ns, ip, reflector, room="board", control=True):
        self.lab, self.ns = lab, ns
        self.ua = Ua(lab, name, ns, ip, reflector)
        self.key, self.offered, self.gone = None, {}, {}
        self.call = self.ua.call(room, tone=440)
        if control:
            self.control = Control(lab, self.call.streams[0])
            self.control.listeners["FILE"] = self._message
            self.control.wait_up()

    def _message(self, kind, fields):
        if kind == KEY:
            self.key = fields
        elif kind == OFFERED:
            self.offered[fields[FILE]] = fields
        elif kind == GONE:
            self.offered.pop(fields[FILE], None)
            self.gone[fields[FILE]] = fields.get(REASON, b"").decode()

    def wait_key(self):
        self.lab.engine.wait(lambda: self.key, 10, "KEY")
        return self.key

    def curl(self, *words, **options):
        """(status of curl, of HTTP, the body)"""
        done = subprocess.run(["ip", "netns", "exec", self.lab.prefix + self.ns, "curl", "-sS", "--max-time", "60", *words],
                              capture_output=True, **options)
        return done.returncode, done.stdout

    def put(self, path, name, *words):
        key = self.wait_key()
        status, body = self.curl("-T", path, "-o", "/dev/null", "-w", "%{http_code}", "-H",
                                 f"Authorization: Bearer {key[PASSKEY].hex()}", *words,
                                 f"{key[BASE].decode()}/rooms/{key[ROOM].decode()}/files/{name}")
        return status, body.decode()

    def wait_offer(self, name, timeout=15):
        """URL of the file of this name."""
        def look():
            return [f for f in self.offered.values() if f[NAME].decode() == name]
        self.lab.engine.wait(look, timeout, f"the offer of {name}")
        return look()[0][URL].decode()

    def fetch(self, url, *words):
        """(status of curl, of HTTP, SHA-256, octets)"""
        status, out = self.curl(*words, "-w", "\n%{http_code}", url)
        body, _, code = out.rpartition(b"\n")
        return status, code.decode(), hashlib.sha256(body).hexdigest(), len(body)


def conf(lab, ns, options=""):
    return f'control: {{ }};\nfiles: {{ spool = "{lab.path("spool-" + ns)}"; spare = 0; stall = 4; {options} }};\n'


def pair(lab, options="", holder=""):
    one = Reflector(lab, "r1", R1, peers=[R2], conf=conf(lab, "r1", options))
    two = Reflector(lab, "r2", R2, peers=[R1], conf=conf(lab, "r2", holder))
    return one, two


def content(lab, name, size):
    path = lab.path(name)
    data = os.urandom(size)
    with open(path, "wb") as f:
        f.write(data)
    return path, hashlib.sha256(data).hexdigest()


def people(lab):
    inner = Person(lab, "u1", "priv1", "192.168.10.11", R2)
    return inner, Person(lab, "u3", "ext1", "203.0.113.11", R1), Person(lab, "u4", "ext2", "203.0.113.12", R1)


def parallel(calls):
    results = [None] * len(calls)

    def run(i, call):
        results[i] = call()
    threads = [threading.Thread(target=run, args=(i, call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def counter(reflector, name):
    return reflector.status()["counters"][name]


def shared(lab, tap):
    """a file put at R2 is fetched at R1: whole by two at once, in parts, by HEAD; one fetch crosses; its end is everybody's"""
    one, two = pair(lab)
    crossing = Capture(lab, "fw1", "r1")
    u1, u3, u4 = people(lab)
    path, digest = content(lab, "big", 24 * MIB + 5)
    status, code = u1.put(path, "big.bin")
    tap.ok((status, code) == (0, "201"), "it is put at R2", status, code)
    url = u3.wait_offer("big.bin")
    tap.ok(url.startswith(f"http://{R1}:5565/files/") and u4.wait_offer("big.bin") == url, "at R1 they are told of R1's URL", url)
    tap.ok(u1.wait_offer("big.bin").startswith(f"http://{R2}:5565/files/"), "and the owner of R2's")
    first, second, part = parallel([lambda: u3.fetch(url), lambda: u4.fetch(url),
                                    lambda: u4.fetch(url, "-r", f"{20 * MIB}-{20 * MIB + 99}")])
    tap.ok(first == second == (0, "200", digest, 24 * MIB + 5), "two at once get it whole", first, second)
    with open(path, "rb") as f:
        f.seek(20 * MIB)
        wanted = hashlib.sha256(f.read(100)).hexdigest()
    tap.ok(part == (0, "206", wanted, 100), "a part further on waits for its turn", part)
    tap.ok(counter(one, "files.fetches") == 1, "it crossed once", counter(one, "files.fetches"))
    tap.ok(u3.fetch(url) == (0, "200", digest, 24 * MIB + 5) and counter(one, "files.fetches") == 1, "then it is in the cache")
    late = Person(lab, "u5", "ext1", "203.0.113.11", R1)
    tap.ok(late.wait_offer("big.bin") == url and late.wait_key()[ROOM] == b"board", "who comes later is told, too")
    file = next(iter(u3.offered))
    status, code = u1.curl("-X", "DELETE", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                           f"Authorization: Bearer {u1.key[PASSKEY].hex()}", u1.offered[file][URL].decode())
    tap.ok(code == b"204", "its owner deletes it", code)
    lab.engine.wait(lambda: file in u3.gone and file in u1.gone, 10, "GONE")
    tap.ok(u3.gone[file] == "deleted by its owner", "everybody is told", u3.gone)
    wait_for(lambda: u3.fetch(url)[1] == "404", 5, "404")
    tap.ok(not [f for f in os.listdir(lab.path("spool-r1")) if f.endswith(".cache")], "and the cache is empty")
    ports = {p.dport for p in crossing.packets() if p.proto == "tcp" and p.dport < 32768}
    tap.ok(ports <= {5565}, "nothing but 5565 crossed by TCP", ports)
    dropped = lab.counter("fw1", "dropped")
    tap.ok(dropped == 0, "and firewall 1 had nothing to drop", dropped)


def phones(lab, tap):
    """who does not speak control is told by MESSAGE, with the URL of his own reflector"""
    pair(lab)
    u1 = Person(lab, "u1", "priv1", "192.168.10.11", R2)
    u3 = Person(lab, "u3", "ext1", "203.0.113.11", R1, control=False)
    path, digest = content(lab, "small", 1_234_567)
    u1.put(path, "small.txt")

    def texts(person):
        bodies = [m.body for _, m in person.ua.requests if m.method == "MESSAGE"]
        return [body.decode() if isinstance(body, bytes) else body for body in bodies]
    wait_for(lambda: texts(u3), 20, "MESSAGE")
    text = texts(u3)[0]
    tap.ok("offers small.txt (1.2 MB): " in text and f"http://{R1}:5565/files/" in text, "a line of text with the URL", text)
    tap.ok(u3.fetch(text.rsplit(" ", 1)[1].strip()) == (0, "200", digest, 1_234_567), "by which it is fetched")
    time.sleep(1.5)
    tap.ok(len(texts(u3)) == 1 and not texts(u1), "once, and nobody else", texts(u1))
    for number in range(3):
        u1.put(path, f"more-{number}.txt")
    wait_for(lambda: len(texts(u3)) == 4, 20, "three more")
    u4 = Person(lab, "u4", "ext2", "203.0.113.12", R1, control=False)
    wait_for(lambda: texts(u4), 20, "MESSAGE")
    text, page = texts(u4)[0].rsplit(" ", 1)
    tap.ok(text == "There are 4 files in this room:", "who comes when there are many gets one line", texts(u4))
    tap.ok(u4.fetch(page.strip())[1] == "200", "with the room's page", page)
    time.sleep(1.5)
    tap.ok(len(texts(u4)) == 1, "and no other", texts(u4))


def uncached(lab, tap):
    """what the cache has no room for is passed through, range and all, and nothing of it stays"""
    one, _ = pair(lab, options="cache = 1;")
    u1, u3, u4 = people(lab)
    path, digest = content(lab, "big", 5 * MIB + 1)
    u1.put(path, "big")
    url = u3.wait_offer("big")
    whole, part = parallel([lambda: u3.fetch(url), lambda: u4.fetch(url, "-r", f"{4 * MIB}-")])
    with open(path, "rb") as f:
        f.seek(4 * MIB)
        wanted = hashlib.sha256(f.read()).hexdigest()
    tap.ok(whole == (0, "200", digest, 5 * MIB + 1) and part == (0, "206", wanted, MIB + 1), "both get it", whole, part)
    tap.ok(not [f for f in os.listdir(lab.path("spool-r1")) if f.endswith(".cache")], "nothing is kept")
    tap.ok(counter(one, "files.fetches") == 2, "each by a fetch of his own", counter(one, "files.fetches"))


def encrypted(lab, tap):
    """HTTPS to participants and between reflectors; who has another certificate than the one named is not believed"""
    pem = {}
    for name in ("one", "two"):
        pem[name] = lab.path(f"{name}.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}.example",
                        "-keyout", pem[name], "-out", lab.path("certificate")], check=True, capture_output=True)
        with open(pem[name], "a") as f, open(lab.path("certificate")) as certificate:
            f.write(certificate.read())
    one, _ = pair(lab, options=f'tls_certificate = "{pem["one"]}"; tls_ca = "{pem["two"]}";',
                  holder=f'tls_certificate = "{pem["two"]}";')
    u1, u3, u4 = people(lab)
    path, digest = content(lab, "big", 3 * MIB)
    status, code = u1.put(path, "big", "-k")
    tap.ok(code == "201", "it is put by HTTPS", status, code)
    url = u3.wait_offer("big")
    tap.ok(url.startswith("https://") and u3.fetch(url, "-k") == (0, "200", digest, 3 * MIB), "and fetched", url)
    one.configure(conf(lab, "r1", f'tls_certificate = "{pem["one"]}"; tls_ca = "{pem["one"]}";'))
    one.reload()
    u1.put(path, "again", "-k")
    url = u3.wait_offer("again")
    tap.ok(u3.fetch(url, "-k")[1] == "503", "not from somebody else")
    tap.ok(counter(one, "files.fetch_failed") == 1, "which is counted")


def broken(lab, tap):
    """what a reflector sends of a file is lost for a time, and its connection with it: who fetches notices a pause"""
    one, _ = pair(lab)
    u1, u3, u4 = people(lab)
    path, digest = content(lab, "big", 192 * MIB)
    u1.put(path, "big")
    url = u3.wait_offer("big")
    firewall = ["ip", "netns", "exec", lab.prefix + "fw1", "nft"]
    spool = lab.path("spool-r1")

    def cached():
        return sum(os.path.getsize(os.path.join(spool, f)) for f in os.listdir(spool) if f.endswith(".cache"))
    out = lab.path("whole")
    reader = subprocess.Popen(["ip", "netns", "exec", lab.prefix + "ext1", "curl", "-sS", "-o", out, url])
    wait_for(lambda: cached() > 4 * MIB, 20, "the first octets")
    subprocess.run([*firewall, "insert", "rule", "ip", "filter", "forward", "tcp", "sport", "5565", "reject", "with", "tcp",
                    "reset"], check=True)
    have = cached()
    time.sleep(1.5)
    tap.ok(MIB < have < 192 * MIB and cached() < 192 * MIB and reader.poll() is None, "it stands still", have, cached())
    subprocess.run([*firewall, "flush", "chain", "ip", "filter", "forward"], check=True)
    subprocess.run([*firewall, "add", "rule", "ip", "filter", "forward", "accept"], check=True)
    status = reader.wait(timeout=60)
    with open(out, "rb") as f:
        tap.ok(status == 0 and hashlib.sha256(f.read()).hexdigest() == digest, "then it goes on, and it is right", status)
    tap.ok(counter(one, "files.fetch_failed") == 0, "without a failure for anybody", one.log()[-3000:])


def killed(lab, tap):
    """R2 is killed in the middle: a clear failure in bounded time; started again it has the file, and the rest is resumed"""
    one, two = pair(lab, options="orphan_time = 60;")
    u1, u3, u4 = people(lab)
    path, digest = content(lab, "big", 40 * MIB)
    u1.put(path, "big")
    url = u3.wait_offer("big")
    out = lab.path("partial")
    slow = subprocess.Popen(["ip", "netns", "exec", lab.prefix + "ext1", "curl", "-sS", "--limit-rate", "8M", "-o", out, url])
    wait_for(lambda: os.path.exists(out) and os.path.getsize(out) > 4 * MIB, 20, "the first octets")
    two.kill()
    began = time.monotonic()
    status = slow.wait(timeout=60)
    size = os.path.getsize(out)
    tap.note(f"curl ended with {status} after {time.monotonic() - began:.1f} s, {size} octets")
    complete = counter(one, "files.fetch_failed") == 0
    if complete:
        tap.ok(status == 0 and size == 40 * MIB, "R1 had all of it already")
    else:
        tap.ok(status == 18 and size < 40 * MIB, "a clear failure", status, size)
        wait_for(lambda: u3.fetch(url)[1] in ("503", "000"), 30, "503")
    two.start()
    wait_for(lambda: u3.fetch(url, "-r", "0-0")[1] == "206", 60, "the file at R1 again")
    status, _ = u3.curl("-C", "-", "-o", out, url)
    with open(out, "rb") as f:
        tap.ok(status in (0, 33) and hashlib.sha256(f.read()).hexdigest() == digest, "the rest is resumed, and it is right", status)


def wrong(lab, tap):
    """what R2's disk has lost is not passed off as the file"""
    one, two = pair(lab)
    u1, u3, u4 = people(lab)
    path, digest = content(lab, "big", 3 * MIB)
    u1.put(path, "big")
    url = u3.wait_offer("big")
    spool = lab.path("spool-r2")
    name = next(f for f in os.listdir(spool) if f.endswith(".file"))
    with open(os.path.join(spool, name), "r+b") as f:
        f.seek(MIB)
        f.write(b"not what was put")
    status, code, found, size = u3.fetch(url)
    tap.ok(status == 18 and size < 3 * MIB, "the connection ends before the file does", status, code, size)
    tap.ok(counter(one, "files.wrong_hash") >= 1, "it is counted", counter(one, "files.wrong_hash"))
    tap.ok(not [f for f in os.listdir(lab.path("spool-r1")) if f.endswith(".cache")], "and nothing of it is kept")


main(shared, phones, uncached, encrypted, broken, killed, wrong)
