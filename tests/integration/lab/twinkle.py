# SPDX-License-Identifier: LGPL-2.1-or-later
"""twinkle's console, with a PulseAudio of its own that plays a tone into its microphone and records its
loudspeaker. Sound alone: it has no video."""
import os
import struct
import subprocess
import time

from . import media
from .net import wait_for
from .phones import need
from .sip import host

RATE = 8000


class Twinkle:
    """`settings`: lines of its user profile."""

    def __init__(self, lab, name, ns, ip, reflector, tone, settings=(), register=False, password="secret",
                 amplitude=0.4, codecs="g711u,g711a"):
        need("twinkle-console", "pulseaudio", "parec")
        self.lab, self.name, self.ns, self.reflector = lab, name, ns, reflector
        self.home = lab.path(f"twinkle-{name}")
        os.makedirs(os.path.join(self.home, ".twinkle"))
        self.heard = os.path.join(self.home, "heard.raw")
        self.log = lab.path(f"twinkle-{name}.log")
        self.processes = []
        self._sound(tone, amplitude)
        self._write(".twinkle/profile.cfg", f"user_name={name}\nuser_domain={host(reflector)}\n"
                                            f"auth_name={name}\nauth_pass={password}\n"
                                            f"register_at_startup={'yes' if register else 'no'}\n"
                                            f"codecs={codecs}\n", *settings)
        self.process = self._start(["twinkle-console", "profile.cfg"], f"twinkle-{name}", stdin=subprocess.PIPE)
        wait_for(lambda: "Twinkle>" in self.output(), 15, f"twinkle {name}")

    def _write(self, name, text, *lines):
        with open(os.path.join(self.home, name), "w") as f:
            f.write(text + "".join(f"{line}\n" for line in lines))

    def _start(self, command, log, **kwargs):
        environment = dict(os.environ, HOME=self.home, XDG_RUNTIME_DIR=self.home, PULSE_SERVER=self.server)
        process = self.lab.start(self.ns, command, log, env=environment, **kwargs)
        self.processes.append(process)
        return process

    def _sound(self, tone, amplitude):
        socket = os.path.join(self.home, "pulse.sock")
        self.server = f"unix:{socket}"
        end = '{{ type pulse server "{0}" device "{1}" }}'
        self._write(".asoundrc", f'pcm.!default {{ type asym playback.pcm {end.format(self.server, "loud")} '
                                 f'capture.pcm {end.format(self.server, "mic")} }}\n')
        pipe = os.path.join(self.home, "mic")
        modules = (f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
                   f"module-null-sink sink_name=loud rate={RATE} channels=1",
                   f"module-pipe-source source_name=mic file={pipe} format=s16le rate={RATE} channels=1")
        self._start(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes",
                     "--realtime=no", "--high-priority=no", *(f"--load={m}" for m in modules)], f"pulse-{self.name}")
        wait_for(lambda: os.path.exists(socket), 10, "pulseaudio")
        self._start(["parec", "-d", "loud.monitor", "--format=s16le", f"--rate={RATE}", "--channels=1",
                     self.heard], f"parec-{self.name}")
        self.frames = [struct.pack(f"<{len(f)}h", *media.pcmu_samples([f])) for f in media.tone_frames(tone, amplitude)]
        wait_for(lambda: os.path.exists(pipe), 5, "its microphone")
        self.pipe = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self.lab.defer(os.close, self.pipe)
        self._speak(time.monotonic(), 0)

    def _speak(self, when, count):
        """Into the microphone, whose clock is ours: what twinkle has of PulseAudio's sources comes in gaps."""
        try:
            os.write(self.pipe, self.frames[count % len(self.frames)])
        except OSError:  # full, or PulseAudio has gone
            pass
        self.timer = self.lab.engine.at(when + 0.02, self._speak, when + 0.02, count + 1)

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def command(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def call(self, room, timeout=10):
        before = len(self.output())
        self.command(f"call sip:{room}@{host(self.reflector)}")
        wait_for(lambda: "answered call" in self.output()[before:], timeout, f"twinkle {self.name}: call")

    def hangup(self):
        self.command("bye")

    def hold(self):
        self.command("hold")

    def resume(self):
        self.command("retrieve")

    def transfer(self, uri):
        """Asks the other side to call `uri`."""
        self.command(f"transfer {uri}")

    def recording(self):
        if not os.path.exists(self.heard):
            return [], RATE
        with open(self.heard, "rb") as f:
            data = f.read()
        return list(struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2])), RATE

    def stop(self):
        self.lab.engine.cancel(self.timer)
        for process in reversed(self.processes):
            self.lab.end(process)
