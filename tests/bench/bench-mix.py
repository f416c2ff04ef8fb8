# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a participant of a mixed room costs, three of them speaking: reflectord beside a GStreamer pipeline that
does the same (three decoders, for each speaker a mix without himself, one mix for all others, encoded once), in
turns; and what one more silent listener costs beside a bare send. Everything on one loopback
interface of its own, so that receiving is paid by whoever sends, alike for all. Not a test: it passes no
judgement. Needs root.

A bare send is bare-send.c: sendmmsg of 64 from one socket, each 20 ms one packet of the same size to each of as many
addresses; plain, and as whoever has several addresses must send (IP_PKTINFO, fragments allowed). Figures are
CPU time, never wall time, and a listener's cost is compared within a round, whose runs follow each other at once: other load
slows both alike. So many short rounds tell more than few long ones.

bench-mix.py [--rooms 3,10,50,200] [--codecs PCMU,opus] [--rounds N] [--seconds S] [--no-gstreamer]"""
import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("RFL_TOP_BUILDDIR") or os.path.join(HERE, "../../build")
sys.path.insert(0, os.path.join(HERE, "../integration"))
from lab import codec as codecs, media  # noqa: E402

SPEAKERS, TONES = 3, (440, 700, 1000)
NAMES = {"PCMU": "PCMU/8000", "opus": "opus/48000/2"}


def cpu_seconds(pid):
    """Of the workers' threads and of all, to the nanosecond; of those that have ended nothing."""
    workers = total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                spent = int(f.read().split()[0]) / 1e9
            with open(f"/proc/{pid}/task/{task}/comm") as f:
                workers += spent if f.read().startswith("rfl-worker") else 0
            total += spent
        except OSError:
            pass
    return workers, total


class Member:
    """One socket with an address of its own; what comes is left to fill its small buffer."""

    def __init__(self, number, codec, room=1 << 12):
        self.ip = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.number, self.codec = number, codec
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.rtp.bind((self.ip, 20000))
        self.port, self.remote = 20000, None

    def call(self, to):
        """INVITE, 200, ACK: what a test may forget about a call, it forgets."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
            sip.bind((self.ip, 5070))
            sip.settimeout(0.5)
            self._invite(sip, to)

    def _invite(self, sip, to):
        sdp = (f"v=0\r\no=- 1 1 IN IP4 {self.ip}\r\ns=-\r\nc=IN IP4 {self.ip}\r\nt=0 0\r\n"
               f"m=audio {self.port} RTP/AVP {self.codec.pt}\r\na=rtpmap:{self.codec.pt} {self.codec.name}\r\n")
        for attempt in range(20):
            sip.sendto(self._request("INVITE", sdp), to)
            try:
                while True:
                    answer = sip.recv(65536).decode()
                    status = int(answer.split()[1])
                    if status >= 300:
                        raise RuntimeError(f"{self.ip}: {answer.splitlines()[0]}")
                    if status >= 200:
                        tag = next(line for line in answer.splitlines() if line.lower().startswith("to:"))
                        sip.sendto(self._request("ACK", "", tag), to)
                        self.remote = (to[0], int(answer.split("m=audio ")[1].split()[0]))
                        return
            except socket.timeout:
                pass
        raise TimeoutError(f"{self.ip}: no answer")

    def _request(self, method, body, to="To: <sip:room@127.0.0.1>"):
        return (f"{method} sip:room@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {self.ip}:5070;branch=z9hG4bK{method}{self.number};rport\r\n"
                f"From: <sip:u{self.number}@bench>;tag=t{self.number}\r\n{to}\r\nCall-ID: c{self.number}-{os.getpid()}@bench\r\n"
                f"CSeq: 1 {method}\r\nMax-Forwards: 70\r\nContact: <sip:u{self.number}@{self.ip}:5070>\r\n" +
                ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def drain(self):
        """How many packets wait, at most as many as the buffer holds."""
        self.rtp.setblocking(False)
        count = 0
        try:
            while self.rtp.recv(2048):
                count += 1
        except OSError:
            pass
        return count


class Talk(threading.Thread):
    """The three who speak, on the beat."""

    def __init__(self, members, frames):
        super().__init__(daemon=True)
        self.members, self.frames, self.going = members, frames, True
        self.start()

    def run(self):
        beat, count = time.monotonic(), 0
        while self.going:
            for i, member in enumerate(self.members):
                rtp = media.RTP(member.codec.pt, 0, count, member.codec.step * count, 1000 + i,
                                self.frames[i][count % len(self.frames[i])])
                try:
                    member.rtp.sendto(media.pack(rtp), member.remote)
                except OSError:
                    pass
            count, beat = count + 1, beat + 0.02
            time.sleep(max(0, beat - time.monotonic()))

    def stop(self):
        self.going = False
        self.join()


class Process:
    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu(self):
        return cpu_seconds(self.process.pid)


class Reflectord(Process):
    name = "reflectord"

    def __init__(self, folder, members, codec):
        folder = tempfile.mkdtemp(dir=folder)
        with open(os.path.join(folder, "10-bench.conf"), "w") as f:
            f.write('sip: { addresses = [ "127.0.0.1" ]; transports = [ "udp" ]; };\nrtp: { inactivity_timeout = 3600; };\nmixer: { };\n')
        plugins = os.path.join(TOP, "plugins")
        environment = dict(os.environ, XDG_RUNTIME_DIR=folder, STATE_DIRECTORY=folder, REFLECTORD_PLUGIN_PATH=":".join(
            os.path.join(plugins, name, ".libs") for name in sorted(os.listdir(plugins))))
        self.log = os.path.join(folder, "log")
        program = os.path.join(TOP, ".libs", "reflectord")
        environment["LD_LIBRARY_PATH"] = os.path.join(TOP, ".libs")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, "--config", folder], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=environment)
        self._wait_ready()
        for member in members:
            member.call(("127.0.0.1", 5060))

    def _wait_ready(self):
        for _ in range(200):
            with open(self.log, errors="replace") as log:
                text = log.read()
            if "ready as" in text:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(text)


class GStreamer(Process):
    name = "GStreamer"
    CODERS = {"PCMU": ("media=audio,clock-rate=8000,encoding-name=PCMU,payload=0", "rtppcmudepay ! mulawdec",
                       "mulawenc ! rtppcmupay min-ptime=20000000 max-ptime=20000000", 8000),
              "opus": ("media=audio,clock-rate=48000,encoding-name=OPUS,payload=96", "rtpopusdepay ! opusdec plc=true",
                       "opusenc audio-type=voice bitrate={bitrate} complexity={complexity} ! rtpopuspay pt=96", 48000)}

    def __init__(self, folder, members, codec, **settings):
        caps, decode, encode, rate = self.CODERS[codec]
        encode = encode.format(**{"bitrate": 32000, "complexity": 5, **settings})
        raw = f"audio/x-raw,format=S16LE,layout=interleaved,rate={rate},channels=1"
        words = []
        for i in range(SPEAKERS):
            members[i].remote = ("127.0.0.1", 30000 + 2 * i)
            words.append(f"udpsrc address=127.0.0.1 port={30000 + 2 * i} caps=application/x-rtp,{caps}"
                         f" ! rtpjitterbuffer latency=40 ! {decode} ! audioconvert ! audioresample ! {raw} ! tee name=t{i}")
        mixes = [([j for j in range(SPEAKERS) if j != i], [members[i]]) for i in range(SPEAKERS)]
        mixes.append((range(SPEAKERS), members[SPEAKERS:]))
        for number, (sources, listeners) in enumerate(mixes):
            if not listeners:
                continue
            clients = ",".join(f"{m.ip}:{m.port}" for m in listeners)
            words.append(f"audiomixer name=m{number} latency=20000000 output-buffer-duration=20000000 ! {raw} ! {encode}"
                         f" ! multiudpsink sync=false async=false clients={clients}")
            words += [f"t{j}. ! queue ! m{number}." for j in sources]
        self.log = os.path.join(folder, "gst.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["gst-launch-1.0", "-q", *" ".join(words).split()], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)


def heard(members):
    """How many get something now."""
    for member in members:
        member.drain()
    time.sleep(0.2)
    return sum(member.drain() > 0 for member in members)


def once(kind, folder, n, codec, frames, seconds):
    """CPU seconds in a second of a room of `n` (workers, all), how many of them got sound, and packets a second of the last one."""
    members = [Member(i, codecs.CODECS[NAMES[codec]], 1 << 20 if i == n - 1 else 1 << 12) for i in range(n)]
    server = kind(folder, members, codec)
    talk = Talk(members[:SPEAKERS], frames)
    try:
        time.sleep(2)
        got = heard(members)
        before, began = server.cpu(), time.monotonic()
        time.sleep(seconds)
        after, took = server.cpu(), time.monotonic() - began
        return [(b - a) / took for a, b in zip(before, after)], got, members[-1].drain() / took
    finally:
        talk.stop()
        server.end()
        for member in members:
            member.rtp.close()


def bare(n, octets, seconds, *how):
    """The same of bare sends to `n` sockets that nobody reads."""
    members = [Member(i, None) for i in range(n)]
    try:
        done = subprocess.run([os.path.join(TOP, "tests/bench/bare-send"), str(octets), str(seconds), *how], check=True, text=True,
                              input="".join(f"{m.ip} {m.port}\n" for m in members), stdout=subprocess.PIPE)
        return float(done.stdout) / seconds
    finally:
        for member in members:
            member.rtp.close()


def measure(options, folder, codec, kinds):
    """Per name and room what each round cost, and what was got in the last one."""
    frames = [codecs.tone(codecs.CODECS[NAMES[codec]](), tone) for tone in TONES]
    octets = 12 + 4 * SPEAKERS + round(statistics.mean(len(f) for f in frames[0]))
    costs, got = {}, {}
    for _ in range(options.rounds):
        for n in options.rooms:
            for kind in kinds:
                (workers, cpu), *got[kind.name, n] = once(kind, folder, n, codec, frames, options.seconds)
                costs.setdefault((kind.name, n), []).append(cpu)
                costs.setdefault((kind.name + "'s workers", n), []).append(workers)
            costs.setdefault(("bare sends", n), []).append(bare(n, octets, options.seconds))
            costs.setdefault(("with address", n), []).append(bare(n, octets, options.seconds, "address"))
    return costs, got


def slopes(costs, name, small, large):
    """µs for one more packet, of each round: CPU of the larger room less the smaller one's, over listeners and packets."""
    return [1e6 * (b - a) / ((large - small) * 50) for a, b in zip(costs[name, small], costs[name, large])]


def tell_slopes(costs, names, small, large):
    """Beside each kind of bare send, in the same round."""
    print(f"one more silent listener, {small} to {large}: µs a packet, times a bare send, times one with address (range)")
    plain, address = (slopes(costs, name, small, large) for name in ("bare sends", "with address"))
    for name in names:
        own = slopes(costs, name, small, large)
        text = f"  {name:20} {statistics.median(own):6.2f} µs"
        for base in (plain, address):
            ratios = [a / b for a, b in zip(own, base) if b > 0]
            if ratios:
                text += f" {statistics.median(ratios):6.2f} ({min(ratios):.2f} – {max(ratios):.2f})"
        print(text, flush=True)


def rooms(options, folder, codec):
    kinds = [Reflectord] if options.no_gstreamer else [Reflectord, GStreamer]
    names = [kind.name for kind in kinds]
    print(f"\n{codec}, {SPEAKERS} speak, {options.seconds} s, median of {options.rounds} rounds in turns (lowest – highest)")
    print(f"{'room':>5} {'':12} {'% of a processor':>26} {'% each participant':>20} {'got sound':>10} {'packets/s':>10}", flush=True)
    costs, got = measure(options, folder, codec, kinds)
    for n in options.rooms:
        for name in [*names, "bare sends", "with address"]:
            values = costs[name, n]
            median = statistics.median(values)
            text = f"{n:5} {name:12} {100 * median:9.2f} ({100 * min(values):.2f} – {100 * max(values):.2f})"
            if (name, n) in got:
                text += f" {100 * median / n:17.3f} {got[name, n][0]:8}/{n} {got[name, n][1]:8.1f}"
            print(text)
    if len(options.rooms) > 1:
        workers = ["reflectord's workers", "with address"]
        tell_slopes(costs, names + workers, *sorted(options.rooms)[-2:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", type=lambda text: [int(n) for n in text.split(",")], default=[3, 10, 50, 200])
    parser.add_argument("--codecs", type=lambda text: text.split(","), default=["PCMU", "opus"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--no-gstreamer", action="store_true")
    options = parser.parse_args()
    if os.environ.get("BENCH_MIX_INSIDE") is None:
        os.environ["BENCH_MIX_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    options.no_gstreamer = options.no_gstreamer or not shutil.which("gst-launch-1.0")
    with tempfile.TemporaryDirectory(prefix="bench-mix-") as folder:
        for codec in options.codecs:
            rooms(options, folder, codec)


main()
