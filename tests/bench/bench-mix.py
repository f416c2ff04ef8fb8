# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a participant of a mixed room costs, three of them speaking: reflectord beside a GStreamer pipeline that
does the same (three decoders, for each speaker a mix without himself, one mix for all others, encoded once), in
turns. Figures are CPU time, never wall time. Not a test: it passes no judgement. Needs root.

bench-mix.py [--rooms 3,10,50,200] [--codecs PCMU,opus] [--rounds N] [--seconds S] [--no-gstreamer]"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from mixed import CODECS, SPEAKERS, Member, Process, Reflectord, Talk, tones


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
    """CPU seconds in a second of a room of `n`, how many of them got sound, and packets a second of the last one."""
    members = [Member(i, CODECS[codec], 1 << 20 if i == n - 1 else 1 << 12) for i in range(n)]
    server = kind(folder, members, codec)
    talk = Talk(members[:SPEAKERS], frames)
    try:
        time.sleep(2)
        got = heard(members)
        before, began = server.cpu(), time.monotonic()
        time.sleep(seconds)
        after, took = server.cpu(), time.monotonic() - began
        return (sum(after) - sum(before)) / took, got, members[-1].drain() / took
    finally:
        talk.stop()
        server.end()
        for member in members:
            member.close()


def measure(options, folder, codec, kinds):
    """Per name and room what each round cost, and what was got in the last one."""
    frames, costs, got = tones(codec), {}, {}
    for _ in range(options.rounds):
        for n in options.rooms:
            for kind in kinds:
                cpu, *got[kind.name, n] = once(kind, folder, n, codec, frames, options.seconds)
                costs.setdefault((kind.name, n), []).append(cpu)
    return costs, got


def rooms(options, folder, codec):
    kinds = [Reflectord] if options.no_gstreamer else [Reflectord, GStreamer]
    print(f"\n{codec}, {SPEAKERS} speak, {options.seconds} s, median of {options.rounds} rounds in turns (lowest – highest)")
    print(f"{'room':>5} {'':12} {'% of a processor':>26} {'% each participant':>20} {'got sound':>10} {'packets/s':>10}", flush=True)
    costs, got = measure(options, folder, codec, kinds)
    for n in options.rooms:
        for kind in kinds:
            values, (heard_by, packets) = costs[kind.name, n], got[kind.name, n]
            median = statistics.median(values)
            print(f"{n:5} {kind.name:12} {100 * median:9.2f} ({100 * min(values):.2f} – {100 * max(values):.2f})"
                  f" {100 * median / n:17.3f} {heard_by:8}/{n} {packets:8.1f}")


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
