# SPDX-License-Identifier: LGPL-2.1-or-later
"""GStreamer as a client's media: rtpbin, which plays every source of a port apart (ordinary phones
fall silent when two SSRCs share one), and a source of tone and colour. The SIP is ours (ua.py), and
so are the sockets that face the network: both sides here talk to 127.0.0.1."""
import os
import random
import struct

from . import media
from .phones import need


class Player:
    """rtpbin in `ns`: each source it is fed is depayloaded and decoded into a file of its own; there
    is room for more sources than anybody expects."""
    ROOM = 6
    AUDIO = {
        "PCMU": ("media=audio,clock-rate=8000,encoding-name=PCMU", "rtppcmudepay ! mulawdec", "s16"),
        "G722": ("media=audio,clock-rate=8000,encoding-name=G722",
                 "rtpg722depay ! avdec_g722 ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=8000,channels=1",
                 "s16"),
        "opus": ("media=audio,clock-rate=48000,encoding-name=OPUS",
                 "rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=8000,channels=1",
                 "s16")}
    VIDEO = ("media=video,clock-rate=90000,encoding-name=VP8",
             "rtpvp8depay ! vp8dec ! videoconvert ! videoscale ! "
             "video/x-raw,format=RGB,width=16,height=16", "rgb")
    serial = 0

    def __init__(self, lab, ns, kind="audio", pt=0, codec="PCMU"):
        need("gst-launch-1.0")
        caps, decode, suffix = self.AUDIO[codec] if kind == "audio" else self.VIDEO
        Player.serial += 1
        self.pt = pt
        self.kind, self.port, self.sock = kind, random.randrange(40000, 60000), lab.socket(ns)
        lab.defer(self.sock.close)
        self.files = [lab.path(f"player{Player.serial}-{i}.{suffix}") for i in range(self.ROOM)]
        pipeline = (f"rtpbin name=b latency=100 udpsrc address=127.0.0.1 port={self.port} "
                    f"caps=application/x-rtp,{caps},payload={pt} ! b.recv_rtp_sink_0")
        for file in self.files:
            pipeline += f" b. ! {decode} ! filesink async=false sync=false buffer-mode=unbuffered location={file}"
        lab.start(ns, ["gst-launch-1.0", "-q", *pipeline.split()], f"player{Player.serial}-{ns}-{kind}")

    def feed(self, data):
        try:
            self.sock.sendto(data, ("127.0.0.1", self.port))
        except OSError:
            pass

    def _recorded(self):
        for file in self.files:
            if os.path.exists(file):
                with open(file, "rb") as f:
                    data = f.read()
                if data:
                    yield data

    def sounds(self):
        """The samples of each source, at 8 kHz."""
        for data in self._recorded():
            yield struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2])

    def tones(self, frequencies):
        """Which tones were decoded from any source."""
        found = set()
        for samples in self.sounds():
            found |= media.tones_in(samples, 8000, frequencies)
        return found

    def colours(self, frames=5):
        """The colours of the pictures of all sources, each seen in at least so many frames."""
        count = {}
        for data in self._recorded():
            for i in range(0, len(data) - 767, 768):
                frame = data[i:i + 768]
                rgb = tuple(sum(frame[c::3]) / 256 for c in range(3))
                name = media.colour_of(rgb)
                count[name] = count.get(name, 0) + 1
        return {name for name, n in count.items() if n >= frames}


class Speaker:
    """A tone or a colour as RTP, sent through a Stream of ours with its SSRC."""

    CODERS = {"VP8": "vp8enc deadline=1 keyframe-max-dist={0} ! rtpvp8pay",
              "H264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={0} bitrate=300 sliced-threads=false threads=1"
                      " ! video/x-h264,profile=baseline ! rtph264pay config-interval=-1 aggregate-mode=none mtu=1200"}

    def __init__(self, lab, stream, tone=None, colour=None, codec="VP8", keyframes=15):
        """`keyframes`: frames from one to the next, since nobody can ask it for one."""
        need("gst-launch-1.0")
        self.stream = stream
        self.sock = lab.socket(stream.ns)
        self.sock.bind(("127.0.0.1", 0))
        lab.engine.watch(self.sock, self._readable)
        if colour:
            red, green, blue = media.COLOURS[colour]
            source = (f"videotestsrc is-live=true pattern=solid-color foreground-color=0xff{red:02x}{green:02x}{blue:02x}"
                      " ! video/x-raw,width=352,height=288,framerate=15/1"
                      f" ! {self.CODERS[codec].format(keyframes)} pt={stream.pt} ssrc={stream.ssrc}")
        else:
            source = (f"audiotestsrc is-live=true freq={tone} volume=0.4 samplesperbuffer=160"
                      " ! audio/x-raw,rate=8000,channels=1 ! mulawenc"
                      f" ! rtppcmupay pt={stream.pt} ssrc={stream.ssrc} min-ptime=20000000 max-ptime=20000000")
        pipeline = f"{source} ! udpsink host=127.0.0.1 port={self.sock.getsockname()[1]}"
        lab.start(stream.ns, ["gst-launch-1.0", "-q", *pipeline.split()], f"speaker-{stream.ns}-{stream.kind}")
        stream.report(every=stream.rtcp_interval)

    def _readable(self):
        while True:
            try:
                self.stream.send_raw(self.sock.recv(2048))
            except BlockingIOError:
                return
