# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP under attack: requests that two readers would understand in two ways, paths out of the spool, absurd lengths and
ranges, huge and slow heads, slow bodies, readers that stop, too many connections. Each has its clear answer; others see
nothing of it, and everything that it cost is given back."""
import hashlib
import json
import os
import re
import socket
import ssl
import subprocess
import time

from lab import Ua, main
from lab.net import Skip, wait_for
from lab.reflector import Reflector

R1 = "10.11.12.13"
PORT = 5565
PASSWORD = "pw-a"
SIZE = 12 << 20
TARGET = "/rooms/board/files/x"


def get(target, *fields, method="GET", version="HTTP/1.1"):
    return "\r\n".join([f"{method} {target} {version}", f"Host: {R1}:{PORT}", *fields, "", ""]).encode()


def put(*fields, body=b"", target=TARGET):
    return get(target, *fields, method="PUT") + body


class Answer:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.head = head
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/1.") else 0
        self.fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if ": " in line)}

    def is_clear(self):
        """An error that says why, and is the connection's last."""
        return (self.status >= 400 and "error" in json.loads(self.body) and int(self.fields["content-length"]) == len(self.body)
                and self.fields["content-type"].startswith("application/json")
                and self.fields["x-content-type-options"] == "nosniff" and "cache-control" in self.fields
                and "content-security-policy" in self.fields)

    def __repr__(self):
        return f"{self.status} {self.head[:400]} {self.body[:200]}"


class House:
    """A reflector, alice in its room, a file of hers; and somebody who wishes it ill."""

    def __init__(self, lab, options=""):
        self.lab = lab
        self.scheme = "https" if "tls_certificate" in options else "http"
        conf = f'control: {{ }};\nfiles: {{ spool = "{lab.path("spool")}"; spare = 0; {options} }};\n'
        self.one = Reflector(lab, "r1", R1, users={"alice": PASSWORD}, conf=conf, start=False)
        try:
            self.one.start()
        except RuntimeError:
            if "there is no plugin of this name" in self.one.log():
                raise Skip("files was not built") from None
            raise
        self.ua = Ua(lab, "alice", "ext1", "203.0.113.11", R1, password=PASSWORD)
        self.call = self.ua.call("board", tone=440)
        self.path, self.data = lab.path("honest"), os.urandom(SIZE)
        with open(self.path, "wb") as f:
            f.write(self.data)
        answer = self.curl("-T", self.path, f"{self.scheme}://{R1}:{PORT}/rooms/board/files/honest")
        self.file = json.loads(answer)
        self.target = self.file["url"].partition(f":{PORT}")[2]
        self.spool = self.in_spool()
        self.fetch()
        self.descriptors, self.memory = self.count_descriptors(), self.count_memory()

    def curl(self, *words):
        return subprocess.run(["ip", "netns", "exec", self.lab.prefix + "ext1", "curl", "-sSk", "--max-time", "20", "--digest",
                               "-u", f"alice:{PASSWORD}", *words], capture_output=True, check=True).stdout

    def fetch(self):
        """The honest file, whole and right. Returns: seconds"""
        began = time.monotonic()
        assert self.curl(self.file["url"]) == self.data
        return time.monotonic() - began

    def in_spool(self):
        return sorted(os.listdir(self.lab.path("spool")))

    def count_descriptors(self):
        return len(os.listdir(f"/proc/{self.one.process.pid}/fd"))

    def count_memory(self):
        with open(f"/proc/{self.one.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def used(self):
        """Seconds of processor time."""
        with open(f"/proc/{self.one.process.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def keeps_memory(self):
        """A sanitizer, which maps terabytes and gives no memory back for long."""
        with open(f"/proc/{self.one.process.pid}/statm") as f:
            return int(f.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") > 1 << 40

    def counter(self, name):
        return self.one.status()["counters"].get(f"files.{name}", 0)

    # ---- ill will
    def connect(self, ns="ext2", timeout=20, buffer=0):
        sock = self.lab.socket(ns, kind=socket.SOCK_STREAM)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.settimeout(timeout)
        sock.connect((R1, PORT))
        return sock

    def ask(self, *pieces):
        """Sends, and reads to the end of the connection."""
        sock = self.connect()
        for piece in pieces:
            sock.sendall(piece)
        return Answer(rest(sock))

    def authorize(self, method, target):
        """RFC 7616, as a client that knows the password does it."""
        fields = self.ask(get("/rooms/board/files")).head.decode()
        challenge = next(line for line in fields.split("\r\n") if line.lower().startswith("www-authenticate: digest"))
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        sha = "SHA-256" in challenge

        def h(text):
            return (hashlib.sha256 if sha else hashlib.md5)(text.encode()).hexdigest()

        response = h(":".join((h(f"alice:{said['realm']}:{PASSWORD}"), said["nonce"], "00000001", "c", "auth",
                               h(f"{method}:{target}"))))
        return (f'Authorization: Digest username="alice", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{target}", '
                f'algorithm={"SHA-256" if sha else "MD5"}, qop=auth, nc=00000001, cnonce="c", response="{response}"')

    def undisturbed(self, tap, what):
        tap.ok(self.fetch() < 10, f"{what}: an honest file is fetched")
        tap.ok(self.in_spool() == self.spool, f"{what}: nothing else is in the spool", self.in_spool())
        try:
            wait_for(lambda: self.count_descriptors() <= self.descriptors, 20, "descriptors")
        except TimeoutError:
            pass
        tap.ok(self.count_descriptors() <= self.descriptors, f"{what}: descriptors are back", self.count_descriptors(),
               self.descriptors)
        if self.keeps_memory():
            return
        grown = self.count_memory() - self.memory
        tap.ok(grown < 24 << 20, f"{what}: memory grew by {grown / 1e6:.1f} MB")


def rest(sock):
    """What still comes, to the end of the connection."""
    data = b""
    try:
        while piece := sock.recv(1 << 16):
            data += piece
    except (ConnectionResetError, ssl.SSLError):
        data += b" RESET"
    sock.close()
    return data


def table(house):
    """what, status, octets"""
    delete = get(house.target, f"Authorization: Bearer {house.file['owner_key']}", method="DELETE")
    hidden = len(delete)
    yield "two lengths", 400, put(f"Content-Length: {hidden}", "Content-Length: 0", body=delete)
    yield "the same length twice", 400, put("Content-Length: 5", "Content-Length: 5", body=b"hello")
    yield "a list of lengths", 400, put("Content-Length: 5, 5", body=b"hello")
    yield "length and chunks", 501, put("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + delete)
    yield "chunks and length", 501, put("Transfer-Encoding: chunked", f"Content-Length: {hidden + 5}", body=b"0\r\n\r\n" + delete)
    yield "chunks, oddly spelt", 501, put("Transfer-Encoding:\txchunked", body=b"0\r\n\r\n" + delete)
    yield "chunks before a space", 400, put("Transfer-Encoding : chunked", "Content-Length: 5", body=b"0\r\n\r\n" + delete)
    yield "chunks in a second line", 400, put("X: y\r\n Transfer-Encoding: chunked", "Content-Length: 5", body=b"hello")
    yield "no length", 411, put()
    yield "a negative length", 400, put("Content-Length: -1")
    yield "a signed length", 400, put("Content-Length: +5", body=b"hello")
    yield "a hexadecimal length", 400, put("Content-Length: 0x5", body=b"hello")
    yield "a length of 65 bits", 413, put("Content-Length: 36893488147419103237", body=b"hello")
    yield "a request in a GET's body", 400, get("/", f"Content-Length: {hidden}") + delete
    yield "lines without CR", 400, get("/").replace(b"\r\n", b"\n")
    yield "a lone CR", 400, get("/", "X: y\rTransfer-Encoding: chunked")
    yield "a NUL", 400, get("/", "X: \0")
    yield "a field without a name", 400, get("/", ": x")
    yield "no Host", 400, b"GET / HTTP/1.1\r\n\r\n"
    yield "two Hosts", 400, get("/", "Host: elsewhere")
    yield "a Host with a path", 400, get("/").replace(b":5565", b"/x")
    yield "somebody else's URL", 400, get(f"http://{R1}:{PORT}/")
    yield "a proxy's tunnel", 405, get("other:443", method="CONNECT")
    yield "the server as a whole", 400, get("*", method="OPTIONS")
    yield "another method", 405, get("/", method="POST")
    yield "HTTP/2", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "HTTP/0.9", 400, b"GET /\r\n"
    yield "TLS", 400, bytes.fromhex("1603010200010001fc0303") + bytes(64)
    yield "SIP", 400, f"OPTIONS sip:{R1} SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n".encode()
    yield "70,000 octets of a field", 431, get("/", "X: " + "x" * 70000)
    yield "1,000 fields", 431, get("/", *(f"X{i}: y" for i in range(1000)))
    yield "a target of 5,000 octets", 414, get("/" + "x" * 5000)
    yield "a target of 70,000 octets", 414, get("/" + "x" * 70000)
    yield "an expectation", 417, put("Content-Length: 5", "Expect: the-inquisition", body=b"hello")
    for path in ("/../../etc/passwd", "/files/../../etc/passwd", "/files/%2e%2e/%2e%2e/etc/passwd", "/page/.%2e/x", "/./",
                 "//etc/passwd", "/files//x", "/files/x%00.txt", "/rooms/board/files/a%0d%0aX:y", "/rooms/board/files/%",
                 "/rooms/board/files/a#b"):
        yield path, 400, get(path)
    for path in ("/etc/passwd", "/files/..%2f..%2fetc%2fpasswd", "/files/..\\..\\x", "/rooms/board/files/..%2f..%2fx",
                 "/rooms/board/files/a%5cb", "/rooms/board/files/" + "x" * 256, "/rooms/board/files/%ff%fe", f"/files/{32 * '0'}/x",
                 house.target.replace("/files/", "/links/").rsplit("/", 1)[0], "/page/x/page.html"):
        yield path, 404, get(path)
    yield "nobody's PUT", 401, put("Content-Length: 5", "Expect: 100-continue")
    yield "nobody's large PUT", 401, put("Content-Length: 99999999999", "Expect: 100-continue")
    yield "nobody's DELETE", 401, get(house.target, method="DELETE")
    yield "a wrong key's DELETE", 401, get(house.target, f"Authorization: Bearer {32 * '0'}", method="DELETE")
    yield "digest of nonsense", 401, get("/rooms/board/files", "Authorization: Digest username=\"alice\", response=\"" + "0" * 9000)


def requests(lab, tap):
    """requests that mean two things, lead elsewhere, or are absurd: each has its answer"""
    house = House(lab)
    for what, status, octets in table(house):
        answer = house.ask(octets)
        tap.ok(answer.status == status and answer.is_clear(), f"{what[:60]}: {status}", answer)
    malformed = house.counter("malformed")
    tap.ok(malformed >= 40, f"{malformed} malformed ones were counted")
    smuggled(house, tap)
    lengths(house, tap)
    ranges(house, tap)
    house.undisturbed(tap, "the table")


def smuggled(house, tap):
    """A request where a body was announced is never one."""
    delete = get(house.target, f"Authorization: Bearer {house.file['owner_key']}", method="DELETE")
    answer = house.ask(put(f"Content-Length: {len(delete)}", "Expect: 100-continue"), delete)
    tap.ok(answer.status == 401 and answer.body.count(b"HTTP/1") == 0, "in the place of a body that was not wanted", answer)
    answer = house.ask(put(f"Content-Length: {len(delete)}", house.authorize("PUT", TARGET), body=delete))
    listed = json.loads(house.curl(f"http://{R1}:{PORT}/rooms/board/files"))["files"]
    tap.ok(answer.status == 201 and {f["name"] for f in listed} == {"honest", "x"}, "as a body it is a file", answer, listed)
    house.curl("-X", "DELETE", json.loads(answer.body)["url"])
    wait_for(lambda: house.in_spool() == house.spool, 5, "the file's end")


def lengths(house, tap):
    """Of somebody who may."""
    for fields, status in ((("Content-Length: 99999999999999999", "Expect: 100-continue"), 413),
                           (("Content-Length: 99999999999999999",), 413),
                           (("Content-Length: 5", "Content-Range: bytes 5-4/3"), 400),
                           (("Content-Length: 5", "Content-Range: bytes 0-4/*"), 400),
                           (("Content-Length: 5", "Content-Range: bytes 18446744073709551611-18446744073709551615/18446744073709551616"),
                            400),
                           (("Content-Length: 5", "Content-Range: bytes 5-9/10"), 400),
                           (("Content-Length: 5", "Repr-Digest: sha-256=:" + "A" * 5000 + ":"), 400)):
        answer = house.ask(put(*fields, house.authorize("PUT", TARGET)))
        tap.ok(answer.status == status and answer.is_clear(), f"{', '.join(fields)[:70]}: {status}", answer)


def ranges(house, tap):
    """Of a file that is there."""
    for what, status, length in (("bytes=0-99999999999999999999", 206, SIZE), ("bytes=99999999999999999999-", 416, None),
                                 (f"bytes={SIZE}-", 416, None), ("bytes=-0", 416, None), ("bytes=5-1", 200, SIZE),
                                 ("bytes=-99999999999999999999", 206, SIZE), ("bytes=" + "0-," * 2000 + "0-", 200, SIZE),
                                 ("bytes=--5", 200, SIZE), ("bytes=1--5", 200, SIZE), ("bytes=+1-2", 200, SIZE), ("bytes=", 200, SIZE), ("chars=0-1", 200, SIZE),
                                 ("bytes=1-1", 206, 1)):
        answer = house.ask(get(house.target, f"Range: {what}"))
        good = answer.status == status and (length is None or len(answer.body) == length == int(answer.fields["content-length"]))
        tap.ok(good, f"Range: {what[:40]}: {status}", answer)


def slow(lab, tap):
    """heads and bodies that trickle, connections that say nothing, readers that stop"""
    house = House(lab, "stall = 4;")
    began = time.monotonic()
    silent = [house.connect() for _ in range(8)]
    heads = [house.connect() for _ in range(8)]
    stopped = [house.connect(buffer=4096) for _ in range(4)]
    bodies = [house.connect() for _ in range(4)]
    for sock in stopped:
        sock.sendall(get(house.target))
    for sock in bodies:
        sock.sendall(put("Content-Length: 1000000", house.authorize("PUT", TARGET), body=b"x" * 20000))
    octets = get("/", "X: " + "x" * 100)
    worst, open_bodies = 0.0, {sock: None for sock in bodies}
    for number in range(26):
        for sock in [*heads, *(sock for sock, end in open_bodies.items() if end is None)]:
            try:
                sock.send(octets[number:number + 1])
            except OSError:
                pass
        for sock, end in open_bodies.items():
            if end is None and readable(sock):
                open_bodies[sock] = time.monotonic() - began
        if number % 8 == 4:
            worst = max(worst, house.fetch())
        time.sleep(0.5)
    tap.ok(worst < 5, f"meanwhile an honest file takes {worst:.1f} s at most", worst)
    answers = [Answer(rest(sock)) for sock in heads]
    tap.ok(all(a.status == 408 and a.is_clear() for a in answers), "slow heads: 408", answers)
    answers = [Answer(rest(sock)) for sock in bodies]
    tap.ok(all(a.status == 408 and a.is_clear() for a in answers), "slow bodies: 408", answers)
    tap.ok(all(end is not None and end < 12 for end in open_bodies.values()), "within seconds", list(open_bodies.values()))
    tap.ok([rest(sock) for sock in silent] == [b""] * 8, "who says nothing is closed without a word")
    got = [len(rest(sock)) for sock in stopped]
    tap.ok(max(got) < SIZE, "readers that stop are given up", got)
    tap.ok(house.counter("late") >= 12 and house.counter("stalled") >= 12, "all is counted", house.counter("late"),
           house.counter("stalled"))
    parts = [f for f in house.in_spool() if f not in house.spool]
    tap.ok(not parts, "without a digest nothing is kept of a body", parts)
    house.undisturbed(tap, "slow ones")


def readable(sock):
    sock.setblocking(False)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK)) or True
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(20)


def many(lab, tap):
    """more connections than there may be, from one address and from all"""
    house = House(lab, "connections = 24; connections_per_address = 16;")
    socks = [house.connect() for _ in range(60)]
    wait_for(lambda: house.counter("connections_refused") >= 44, 5, "refusals")
    answer = Answer(rest(house.connect()))
    tap.ok(answer.status == 503 and answer.is_clear(), "one too many is told so", answer)
    tap.ok(house.count_descriptors() <= house.descriptors + 17, "no more than one address may have", house.count_descriptors(),
           house.descriptors)
    tap.ok(house.fetch() < 5, "somebody else is served")
    others = [house.connect("extn") for _ in range(60)]
    wait_for(lambda: house.counter("connections_refused") >= 97, 5, "refusals")
    tap.ok(house.count_descriptors() <= house.descriptors + 24, "nor all together", house.count_descriptors(),
           house.descriptors)
    for sock in [*socks, *others]:
        sock.close()
    wait_for(lambda: house.count_descriptors() <= house.descriptors, 5, "descriptors")
    tap.ok(house.ask(get("/")).status == 404, "when they have gone he is let in again")
    house.undisturbed(tap, "too many")


def tls(lab, tap):
    """the same port with TLS: who speaks none, stops in the middle of a handshake, or does not read"""
    pem = lab.path("pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=r1",
                    "-days", "2", "-keyout", pem, "-out", pem + ".crt"], check=True, capture_output=True)
    house = House(lab, f'stall = 3; tls_certificate = "{pem}.crt"; tls_key = "{pem}";')
    any_certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    any_certificate.check_hostname, any_certificate.verify_mode = False, ssl.CERT_NONE
    began = time.monotonic()
    halves = [house.connect() for _ in range(48)]
    for sock in halves[::3]:
        sock.sendall(bytes.fromhex("1603010200010001fc0303"))
    for sock in halves[1::3]:
        sock.sendall(hello(any_certificate))
    used = house.used()
    stopped = [any_certificate.wrap_socket(house.connect("extn", buffer=4096)) for _ in range(4)]
    for sock in stopped:
        sock.sendall(get(house.target))
    tap.ok(b"HTTP/1" not in rest(send(house.connect(), get(house.target))), "without TLS nobody is answered")
    bad = Answer(rest(send(any_certificate.wrap_socket(house.connect("extn")), get("/", method="POST"))))
    tap.ok(bad.status == 405 and bad.is_clear(), "with TLS it is the same guard", bad)
    tap.ok(house.fetch() < 5, "an honest file is fetched meanwhile")
    for sock in halves:
        rest(sock)
    tap.ok(time.monotonic() - began < 15, f"half a handshake is given up after {time.monotonic() - began:.1f} s")
    tap.ok(house.used() - used < 3, f"all this took {house.used() - used:.1f} s of processor time")
    got = [len(rest(sock)) for sock in stopped]
    tap.ok(max(got) < SIZE, "readers that stop are given up", got)
    house.undisturbed(tap, "TLS")


def hello(context):
    """A client's first record, and nothing after it."""
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def send(sock, octets):
    sock.sendall(octets)
    return sock


main(requests, slow, many, tls)
