# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIP clients that others wrote, each started in a namespace with a configuration of its own:
baresip, linphonec, sipp. Not our own client (ua.py), nor rtpbin (gst.py)."""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import time

from . import media, pcap
from .net import HERE, Skip, wait_for
from .sip import host


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        raise Skip("not installed: " + ", ".join(missing))


def clip(lab, colour, seconds=30):
    """So many seconds of one colour, as H.264 in a file."""
    return _draw(lab.path(f"{colour}.mp4"), f"color=c={colour}:s=352x288:r=15:d={seconds}", "-pix_fmt", "yuv420p",
                 "-c:v", "libx264", "-preset", "ultrafast", "-g", "15")


def still(lab, colour):
    return _draw(lab.path(f"{colour}.jpg"), f"color=c={colour}:s=352x288:d=1", "-frames:v", "1")


def _draw(path, source, *options):
    need("ffmpeg")
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, *options, path],
                   check=True, stdin=subprocess.DEVNULL)
    return path


class Baresip:
    """Sends a tone, and a clip if given one; keeps what it hears as wav files in its folder."""

    def __init__(self, lab, name, ns, ip, reflector, tone, clip=None, password="secret", interface="eth0",
                 settings=(), register=False, transport="udp", contacts="", account="", codecs=("g711",),
                 options=(), sound=(8000, 1), amplitude=0.4, video=("vp8",)):
        """`sound`: rate and channels of its tone, which it resamples badly: better its codec's;
        `video`: modules of its codecs, if it has a clip."""
        need("baresip")
        self.lab, self.name, self.ns, self.reflector, self.tone = lab, name, ns, reflector, tone
        self.dir = lab.path(f"baresip-{name}")
        os.makedirs(os.path.join(self.dir, "rec"))
        wav = os.path.join(self.dir, "tone.wav")
        self.sound, self.video = sound, video
        media.write_wav(wav, tone, 120, *sound, amplitude)
        self._write("accounts", f'"{name}" <sip:{name}@{host(reflector)};transport={transport}>;auth_user={name};'
                                f"auth_pass={password};regint={60 if register else 0};answermode=auto{account}\n")
        self._write("contacts", contacts)
        self._write("uuid", f"00000000-0000-0000-0000-{abs(hash(name)) % 10 ** 12:012d}\n")
        self._write("config", self._config(ip, wav, clip, interface, codecs) + "".join(f"{s}\n" for s in settings))
        self.process = lab.start(ns, ["baresip", "-f", self.dir, *options], f"baresip-{name}", stdin=subprocess.PIPE)
        self.control = wait_for(self._connect, 10, f"baresip {name}")

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write(text)

    def _config(self, ip, wav, clip, interface, codecs):
        modules = [*codecs, "sndfile", "aufile", "aubridge", "fakevideo"]
        lines = ["poll_method epoll", f"sip_listen {host(ip)}:5060", "call_max_calls 4",
                 f"audio_source aufile,{wav}", f"audio_player aubridge,sink-{self.name}",
                 "audio_alert aufile,/dev/null", f"ausrc_srate {self.sound[0]}", f"ausrc_channels {self.sound[1]}",
                 "audio_buffer 20-160", "rtp_ports 10000-20000", "jitter_buffer_delay 5-10",
                 f"net_interface {interface}", "module_path /usr/lib/baresip/modules"]
        if clip:
            modules += [*self.video, "avformat", "snapshot", "swscale"]
            lines += [f"video_source avformat,{clip}", "video_display fakevideo,nil",
                      "video_size 352x288", "video_bitrate 300000", "video_fps 15.00",
                      "videnc_format yuv420p"]
        lines += [f"module {m}.so" for m in modules]
        lines += ["module_tmp account.so"] + [f"module_app {m}.so" for m in
                                              ("contact", "debug_cmd", "menu", "ctrl_tcp")]
        lines += ["ctrl_tcp_listen 127.0.0.1:4444", f"snd_path {self.dir}/rec", "ringback_disabled yes",
                  "statmode_default off"]
        return "\n".join(lines) + "\n"

    def _connect(self):
        sock = self.lab.socket(self.ns, kind=socket.SOCK_STREAM)
        try:
            sock.connect(("127.0.0.1", 4444))
        except OSError:
            sock.close()
            return None
        sock.settimeout(5)
        self.buffer = b""
        self.events = []
        self.lab.defer(sock.close)
        return sock

    def _read(self):
        """One message of baresip's: JSON in a netstring."""
        while True:
            size, colon, rest = self.buffer.partition(b":")
            if colon and len(rest) > int(size):
                self.buffer = rest[int(size) + 1:]
                return json.loads(rest[:int(size)])
            data = self.control.recv(65536)
            if not data:
                raise RuntimeError(f"baresip {self.name} has gone")
            self.buffer += data

    def command(self, command, params=None):
        message = {"command": command, "token": "t", **({"params": params} if params else {})}
        text = json.dumps(message).encode()
        self.control.settimeout(5)
        self.control.sendall(b"%d:%s," % (len(text), text))
        while True:
            answer = self._read()
            if answer.get("response"):
                return answer.get("data", "")
            self.events.append(answer)

    def wait_event(self, kind, timeout=10):
        end = time.monotonic() + timeout
        while True:
            for i, event in enumerate(self.events):
                if event.get("type") == kind:
                    return self.events.pop(i)
                if event.get("type") == "CALL_CLOSED" and kind == "CALL_ESTABLISHED":
                    raise RuntimeError(f"baresip {self.name}: call closed: {event.get('param')}")
            self.control.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.events.append(self._read())
            except socket.timeout:
                raise TimeoutError(f"baresip {self.name}: no {kind} in {timeout} s") from None

    def call(self, room, parameters=""):
        self.command("dial", f"sip:{room}@{host(self.reflector)}{parameters}")
        return self.wait_event("CALL_ESTABLISHED")

    def hangup(self):
        self.command("hangup")

    def hold(self):
        self.command("hold")

    def resume(self):
        self.command("resume")

    def speak(self, amplitude):
        """Its tone so loud from now on."""
        wav = os.path.join(self.dir, f"tone-{amplitude}.wav")
        if not os.path.exists(wav):
            media.write_wav(wav, self.tone, 120, *self.sound, amplitude)
        self.command("ausrc", f"aufile,{wav}")

    def transfer(self, uri):
        """Asks the other side to call `uri`. When that is refused baresip 1.0 ends its call."""
        self.command("transfer", uri)

    def stop(self):
        self.lab.end(self.process)

    def recording(self):
        """(samples, rate) of what it decoded, so far."""
        files = sorted(glob.glob(os.path.join(self.dir, "rec", "*dec*.wav")), key=os.path.getmtime)
        return media.read_wav(files[-1]) if files else ([], 8000)

    def picture(self):
        """The colour of the picture it shows now, or None."""
        path = os.path.join(self.dir, "seen.png")
        if os.path.exists(path):
            os.unlink(path)
        self.command("snapshot_recv", path)
        try:
            wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 0, 2, "snapshot")
            return wait_for(lambda: media.picture_colour(path), 2, "picture")
        except TimeoutError:
            return None


class Linphone:
    """linphonec with files for sound, and a still picture for video if given one."""

    def __init__(self, lab, name, ns, ip, reflector, tone, still=None, password="secret", register=False,
                 transport="udp", settings=(), audio_first=False, amplitude=0.4):
        """`settings`: (section, line) of its configuration; `audio_first`: no video before camera()."""
        need("linphonec")
        self.lab, self.name, self.reflector, self.tone = lab, name, reflector, tone
        self.dir = lab.path(f"linphone-{name}")
        for folder in ("home/.local/share/linphone", "home/.config/linphone"):
            os.makedirs(os.path.join(self.dir, folder))
        self.wav, self.heard = os.path.join(self.dir, "tone.wav"), os.path.join(self.dir, "heard.wav")
        media.write_wav(self.wav, tone, 120, 16000, amplitude=amplitude)
        with open(os.path.join(self.dir, "rc"), "w") as f:
            f.write(self._config(ip, bool(still), not audio_first, password, register, transport, settings))
        self.process = lab.start(ns, ["linphonec", "-c", os.path.join(self.dir, "rc"), "-d", "0",
                                      *(["-V"] if still else [])],
                                 f"linphone-{name}", stdin=subprocess.PIPE, env=dict(os.environ, HOME=self.dir + "/home"))
        self.log = lab.path(f"linphone-{name}.log")
        wait_for(lambda: "linphonec>" in self.output(), 15, f"linphonec {name}")
        self.command("soundcard use files", f"play {self.wav}", f"record {self.heard}")
        if still:
            self.command(f"staticpic set {still}")

    def _config(self, ip, video, at_once, password, register, transport, settings):
        text = self._default(ip, int(video), int(video and at_once), password, register, transport)
        for section, line in settings:
            text = text.replace(f"[{section}]\n", f"[{section}]\n{line}\n")
        return text

    def _default(self, ip, video, at_once, password, register, transport):
        tcp = -1 if transport == "tcp" else 0
        return f"""[sip]
sip_port=5060
sip_tcp_port={tcp}
sip_tls_port=0
bind_address={ip}
default_proxy=0
contact=sip:{self.name}@{host(ip)}
use_ipv6={int(":" in ip)}
ipv6_migration_done=1
guess_hostname=0
ping_with_options=0
[net]
mtu=1300
[rtp]
audio_rtp_port=7078
video_rtp_port=9078
[sound]
echocancellation=0
[video]
enabled={video}
capture={video}
display={video}
size=cif
automatically_initiate={at_once}
automatically_accept={at_once}
device=StaticImage: Static picture
[proxy_0]
reg_proxy=<sip:{host(self.reflector)};transport={transport}>
reg_identity=sip:{self.name}@{host(self.reflector)}
reg_sendregister={int(register)}
publish=0
[auth_info_0]
username={self.name}
passwd={password}
"""

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def command(self, *lines):
        for line in lines:
            self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def call(self, room, timeout=10):
        before = len(self.output())
        self.command(f"call sip:{room}@{host(self.reflector)}")
        wait_for(lambda: "Media streams established" in self.output()[before:] or
                 "connected" in self.output()[before:], timeout, f"linphonec {self.name}: call")

    def hangup(self):
        self.command("terminate")

    def hold(self):
        self.command("pause")

    def resume(self):
        self.command("resume")

    def speak(self, amplitude):
        """Its tone so loud from now on: added to what it began with, which had better be silence."""
        wav = os.path.join(self.dir, f"tone-{amplitude}.wav")
        if not os.path.exists(wav):
            media.write_wav(wav, self.tone, 120, 16000, amplitude=amplitude)
        self.command(f"play {wav}")

    def camera(self):
        """Offers video in its call."""
        self.command("camera on")

    def transfer(self, uri):
        """Asks the other side to call `uri`."""
        self.command(f"transfer {uri}")

    def stop(self):
        self.lab.end(self.process)

    def codecs(self, *names, kind="codec"):
        """Offers these ("opus/48000", or "vcodec" "H264") and no others."""
        before = len(self.output())
        self.command(f"{kind} list")
        found = wait_for(lambda: re.findall(r"^\s*(\d+):\s+(\S+)\s+\((\d+)\)", self.output()[before:], re.M), 20,
                         "its codecs")
        wanted = [number for number, name, rate in found if name in names or f"{name}/{rate}" in names]
        self.command(f"{kind} disable all", *(f"{kind} enable {number}" for number in wanted))

    def recording(self):
        return media.read_wav(self.heard) if os.path.exists(self.heard) else ([], 8000)

    def picture(self):
        path = os.path.join(self.dir, "seen.jpg")
        if os.path.exists(path):
            os.unlink(path)
        self.command(f"snapshot {path}")
        try:
            return wait_for(lambda: os.path.exists(path) and media.picture_colour(path), 5, "snapshot")
        except TimeoutError:
            return None


class Sipp:
    """One call that plays a tone. sipp keeps nothing of what it hears: watch its port (Ear)."""

    def __init__(self, lab, name, ns, ip, reflector, tone, seconds=60, password="secret", ssrc=0x51bb0000,
                 media_port=6000, amplitude=0.4):
        need("sipp")
        self.lab, self.name, self.ns, self.ip, self.reflector = lab, name, ns, ip, reflector
        self.media_port, self.ssrc, self.seconds, self.password = media_port, ssrc, seconds, password
        self.dir = lab.path(f"sipp-{name}")
        os.makedirs(self.dir)
        frames = media.tone_frames(tone, amplitude)
        pcap.write(os.path.join(self.dir, "tone.pcap"),
                   [(i * 0.02, media_port, media_port,
                     media.pack(media.RTP(0, int(i == 0), i, 160 * i, ssrc, frames[i % 50])))
                    for i in range(50 * seconds)])
        for scenario in ("call.xml", "register.xml"):
            self._write(scenario)

    def _write(self, scenario):
        with open(os.path.join(HERE, "sipp-" + scenario)) as f:
            text = f.read().replace("@TONE@", os.path.join(self.dir, "tone.pcap"))
        with open(os.path.join(self.dir, scenario), "w") as f:
            f.write(text.replace("@USER@", self.name).replace("@PASSWORD@", self.password))

    def register(self):
        self._start("register.xml")

    def call(self, room):
        self._start("call.xml", "-s", room)

    def _start(self, scenario, *options):
        self.process = self.lab.start(
            self.ns, ["sipp", self.reflector, "-sf", os.path.join(self.dir, scenario), *options,
                      "-m", "1", "-i", self.ip, "-mi", self.ip, "-p", "5060", "-mp", str(self.media_port),
                      "-d", str(1000 * self.seconds), "-nostdin", "-timeout", f"{self.seconds + 20}s",
                      "-trace_err", "-error_file", os.path.join(self.dir, "errors.txt"),
                      "-buff_size", "4000000"], f"sipp-{self.name}",
            env=dict(os.environ, TERM="dumb"))

    def hangup(self):
        """It has its own clock; this ends it at once, without a BYE."""
        self.lab.end(self.process)
