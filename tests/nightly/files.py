# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file of two gibibytes that crosses the firewall while a conference runs, for three who fetch it at once: what it
costs the conference and the daemons' memory, and what is left of it when the way or the holder is cut. Takes some
minutes and ten gigabytes of disk, so it is not one of the tests of make check; FILE_MIB for another size."""
import hashlib
import json
import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
MIB = 1 << 20
SIZE = int(os.environ.get("FILE_MIB", 2048)) * MIB
USERS = {"alice": "pw-a", "bob": "pw-b", "carol": "pw-c", "dave": "pw-d"}
PLACES = {"alice": ("priv1", "192.168.10.11", R2), "bob": ("ext1", "203.0.113.11", R1),
          "carol": ("ext2", "203.0.113.12", R1), "dave": ("priv2", "192.168.10.12", R2)}
FETCHERS = ("ext1", "ext2", "extn")
TONES = {"alice": 440, "bob": 700, "carol": 1000, "dave": 1300}


def make_file(path, size):
    """Of octets that do not repeat. Returns its SHA-256 in hexadecimal digits."""
    digest, block = hashlib.sha256(), os.urandom(MIB - 8)
    with open(path, "wb") as f:
        for number in range(size // MIB):
            data = number.to_bytes(8, "big") + block
            digest.update(data)
            f.write(data)
    return digest.hexdigest()


def pair(lab):
    # no quota is the subject here, and the lines of debugging would be
    os.environ["REFLECTORD_OPTIONS"] = "--log-level=info"
    # and everybody else's machines are this one, too
    conf = f'core: {{ realtime = true; }};\ncontrol: {{ }};\nfiles: {{ spool = "{lab.path("spool-%s")}"; }};\n'
    return (Reflector(lab, "r1", R1, peers=[R2], users=USERS, conf=conf % "r1"),
            Reflector(lab, "r2", R2, peers=[R1], users=USERS, conf=conf % "r2"))


def conference(lab):
    """Four people, two on each reflector. Returns {name: call}."""
    return {name: Ua(lab, name, *PLACES[name], password=USERS[name]).call("board", tone=TONES[name]) for name in USERS}


class Watch:
    """From its start on: how late packets are, and how much memory the daemons have."""

    def __init__(self, calls, reflectors):
        self.calls, self.reflectors = calls, reflectors
        self.peak, self.ended = {}, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self.began = time.time()
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.ended.set()
        self.thread.join()
        self.until = time.time()

    def _look(self):
        while not self.ended.wait(0.1):
            for reflector in self.reflectors:
                self.peak[reflector.ns] = max(self.peak.get(reflector.ns, 0), memory(reflector))

    def lateness(self):
        """Milliseconds of every packet of everybody at everybody else, sorted; and how many were lost."""
        late, lost = [], 0
        streams = [call.streams[0] for call in self.calls.values()]
        for sender in streams:
            sent = {seq: at for at, seq, _ in sender.sent if self.began <= at <= self.until - 0.5}
            for receiver in streams:
                if receiver is sender:
                    continue
                came = {p.seq: p.at for p in receiver.from_ssrc(sender.ssrc)}
                late += [1000 * (came[seq] - at) for seq, at in sent.items() if seq in came]
                lost += sum(seq not in came for seq in sent)
        return sorted(late), lost


def memory(reflector):
    """Octets of its own that the daemon has, the kernel's cache of files not among them."""
    try:
        with open(f"/proc/{reflector.process.pid}/status") as f:
            for line in f:
                if line.startswith("RssAnon:"):
                    return 1024 * int(line.split()[1])
    except FileNotFoundError:
        pass
    return 0


def percentile(values, share):
    return values[min(int(len(values) * share), len(values) - 1)] if values else float("nan")


def curl(lab, ns, *words, name=None, wait=True):
    # in its place there would be another machine
    command = ["nice", "-n", "10", "curl", "-sS", "--max-time", "600", *words]
    if wait:
        return lab.run(ns, *command, check=False)
    return lab.start(ns, command, name)


def listed(lab, ns, address, user):
    """The files of the room as one reflector lists them to one user."""
    text = curl(lab, ns, "--digest", "-u", f"{user}:{USERS[user]}", f"http://{address}:5565/rooms/board/files")
    return json.loads(text)["files"] if text.startswith("{") else []


def put(lab, path, name):
    """alice's file, at her reflector. Returns what the reflector has answered."""
    text = curl(lab, "priv1", "--digest", "-u", f"alice:{USERS['alice']}", "-H", "Expect: 100-continue", "-T", path,
                f"http://{R2}:5565/rooms/board/files/{name}")
    try:
        return json.loads(text)
    except ValueError:
        raise RuntimeError(f"PUT was answered {text!r}") from None


def offered(lab):
    """Where the outsiders get it: at their own reflector."""
    found = wait_for(lambda: listed(lab, "ext1", R1, "bob"), 10, "the file at the other reflector")
    return found[0]


def fetch(lab, ns, url):
    """Begins, or goes on where it was."""
    return curl(lab, ns, "-C", "-", "--fail", "-o", lab.path(f"got-{ns}"), url, name=f"curl-{ns}", wait=False)


def fetchers(lab, url):
    return {ns: fetch(lab, ns, url) for ns in FETCHERS}


def hash_of(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def got(lab, ns):
    path = lab.path(f"got-{ns}")
    return os.path.getsize(path) if os.path.exists(path) else 0


def half_way(lab, share=0.4):
    wait_for(lambda: any(got(lab, ns) > share * SIZE for ns in FETCHERS), 300, "the middle of the file")


def finish(processes):
    return {ns: process.wait(600) for ns, process in processes.items()}


def all_right(lab, tap, processes, wanted, what):
    statuses = finish(processes)
    tap.ok(not any(statuses.values()), f"{what}: all three have it", statuses)
    wrong = [ns for ns in FETCHERS if hash_of(lab.path(f"got-{ns}")) != wanted]
    tap.ok(not wrong, f"{what}: and its SHA-256 is that of the file", wrong)


def large(lab, tap):
    """two gibibytes for three while four people talk: right, no memory, nobody is heard later"""
    reflectors = pair(lab)
    calls = conference(lab)
    path = lab.path("large")
    wanted = make_file(path, SIZE)
    with Watch(calls, reflectors) as alone:
        time.sleep(10)
    before = {r.ns: memory(r) for r in reflectors}
    began = time.monotonic()
    with Watch(calls, reflectors) as busy:
        answer = put(lab, path, "large.bin")
        uploaded = time.monotonic()
        processes = fetchers(lab, offered(lab)["url"])
        finish(processes)
    fetched = time.monotonic()
    with Watch(calls, reflectors) as again:
        time.sleep(10)
    all_right(lab, tap, processes, wanted, "fetched through firewall 1")
    tap.ok(answer.get("sha256") == wanted, "the answer to the PUT has its SHA-256", answer)
    tap.note(f"up {SIZE / MIB / (uploaded - began):.0f} MiB/s, down {3 * SIZE / MIB / (fetched - uploaded):.0f} MiB/s for three")
    for reflector in reflectors:
        growth = busy.peak[reflector.ns] - before[reflector.ns]
        tap.ok(growth < 16 * MIB, f"{reflector.ns}: its memory is flat ({growth / MIB:+.1f} MiB)")
    quiet = [alone.lateness(), again.lateness()]
    late, lost = busy.lateness()
    base = statistics.median(percentile(values, 0.99) for values, _ in quiet)
    tap.note(f"p50 {percentile(late, 0.5):.2f} ms, p99 {percentile(late, 0.99):.2f} ms, beside "
             f"{[round(percentile(values, 0.99), 2) for values, _ in quiet]} ms without; {len(late)} packets")
    tap.ok(percentile(late, 0.99) <= base + 5, "p99 of RTP is at most 5 ms above the same without the transfer")
    tap.ok(lost == 0 and not any(n for _, n in quiet), "no packet is lost", lost)


def cut(lab, tap):
    """the link's file relay is cut in the middle, and a reader's connection: both go on where they were"""
    pair(lab)
    conference(lab)
    path = lab.path("large")
    wanted = make_file(path, SIZE)
    put(lab, path, "large.bin")
    url = offered(lab)["url"]
    processes = fetchers(lab, url)
    half_way(lab, 0.2)
    lab.nft("fw1", "add chain ip filter cut { type filter hook forward priority -10; policy accept; }\n"
                   "add rule ip filter cut tcp sport 5565 reject with tcp reset\n"
                   "add rule ip filter cut tcp dport 5565 reject with tcp reset\n")
    processes["ext2"].kill()
    processes["ext2"].wait()
    time.sleep(1)
    lab.nft("fw1", "delete chain ip filter cut")
    have = got(lab, "ext2")
    processes["ext2"] = fetch(lab, "ext2", url)
    for ns in ("ext1", "extn"):  # whom the reflector has given up, if it has, asks again himself
        if processes[ns].wait(600) != 0:
            processes[ns] = fetch(lab, ns, url)
    tap.note(f"ext2 went on at {have / MIB:.0f} MiB")
    all_right(lab, tap, processes, wanted, "after a cut")


def holder(lab, tap):
    """kill -9 at the holder in the middle: a clear failure, no half file, and it goes on after the restart"""
    one, two = pair(lab)
    calls = conference(lab)
    path = lab.path("large")
    wanted = make_file(path, SIZE)
    put(lab, path, "large.bin")
    url = offered(lab)["url"]
    processes = fetchers(lab, url)
    half_way(lab)
    two.kill()
    killed = time.monotonic()
    statuses = {ns: process.wait(120) for ns, process in processes.items()}
    tap.ok(all(statuses.values()), f"all three are told that it failed, after {time.monotonic() - killed:.1f} s", statuses)
    sizes = {ns: got(lab, ns) for ns in FETCHERS}
    tap.ok(all(size < SIZE for size in sizes.values()), "and nobody has a whole file", sizes)
    status = curl(lab, "ext1", "-o", "/dev/null", "-w", "%{http_code}", "-r", f"{SIZE - 1}-", url)
    tap.ok(status in ("503", "502", "504"), "who asks for its end meanwhile is told that it is away", status)
    two.start()
    for name in ("alice", "dave"):
        calls[name] = Ua(lab, name, *PLACES[name], password=USERS[name]).call("board", tone=TONES[name])
    wait_for(lambda: curl(lab, "ext1", "-o", "/dev/null", "-w", "%{http_code}", "-r", "0-0", url) == "206", 60,
             "the file again")
    all_right(lab, tap, fetchers(lab, url), wanted, "after the holder's restart")


main(large, cut, holder)
