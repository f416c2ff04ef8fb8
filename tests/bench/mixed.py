# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room of calls that a mixer serves, without the rest of the laboratory: whoever speaks, whoever only listens, and the
daemon between them, for the programs that measure what it costs. All of it is of one loopback interface, so that
receiving is paid by whoever sends."""
import os
import socket
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
CODECS = {"PCMU": codecs.CODECS["PCMU/8000"], "opus": codecs.CODECS["opus/48000/2"]}


def tones(codec):
    """What each of those who speak says: frames to be repeated."""
    return [codecs.tone(CODECS[codec](), tone) for tone in TONES]


def cpu_seconds(pid):
    """Of the workers' threads and of all others, to the nanosecond; of those that have ended nothing."""
    workers = others = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                spent = int(f.read().split()[0]) / 1e9
            with open(f"/proc/{pid}/task/{task}/comm") as f:
                worker = f.read().startswith("rfl-worker")
        except OSError:
            continue
        workers, others = (workers + spent, others) if worker else (workers, others + spent)
    return workers, others


class Member:
    """One socket with an address of its own; what comes is left to fill its small buffer."""

    def __init__(self, number, codec, room=1 << 12):
        self.ip = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.number, self.codec = number, codec
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.rtp.bind((self.ip, 20000))
        self.rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # that nothing comes back from a closed port
        self.rtcp.bind((self.ip, 20001))
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

    def close(self):
        self.rtp.close()
        self.rtcp.close()

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
