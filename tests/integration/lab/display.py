# SPDX-License-Identifier: LGPL-2.1-or-later
"""X servers without a screen, one xterm to be shared, stock VNC programs, and pictures compared pixel by pixel.
Not for how the octets travel between them."""
import os
import random
import re
import subprocess

from .net import wait_for
from .phones import need


class Picture:
    """`data`: three octets a pixel, row by row."""

    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data
        assert len(data) == 3 * width * height, (width, height, len(data))

    @classmethod
    def from_ppm(cls, data):
        head = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
        return cls(int(head[1]), int(head[2]), data[head.end():])

    def row(self, y, x=0, width=None):
        return self.data[3 * (y * self.width + x):3 * (y * self.width + x + (width or self.width))]

    def _detail(self, y):
        row = self.row(y)
        return len({row[i:i + 3] for i in range(0, len(row), 3)}), len(row.strip(row[:3]))

    def places(self, big):
        """Where in `big` the row with the most to see in it stands."""
        y = max(range(self.height), key=self._detail)
        needle = self.row(y)
        for at in range(big.height - self.height + 1):
            row, x = big.row(at + y), -1
            while (x := row.find(needle, x + 1)) >= 0:
                if x % 3 == 0:
                    yield x // 3, at

    def share_in(self, big):
        """How much of this picture is seen in `big`, from 0 to 1, where most of it is."""
        return max((self._equal(big, x, y) for x, y in self.places(big)), default=0.0)

    def _equal(self, big, x, y):
        same = 0
        for line in range(self.height):
            one, other = self.row(line), big.row(y + line, x, self.width)
            same += self.width if one == other else sum(one[i:i + 3] == other[i:i + 3] for i in range(0, len(one), 3))
        return same / (self.width * self.height)


class Display:
    """An X server in a namespace. `env`: for its clients."""
    WIDTH, HEIGHT = 640, 480

    def __init__(self, lab, ns, name):
        need("Xvfb", "import", "xdotool", "xwininfo")
        self.lab, self.ns, self.name = lab, ns, name
        self.id = next((told for told in (self._start() for _ in range(5)) if told), None)
        if not self.id:
            raise RuntimeError(f"{name}: no X server")
        self.env = dict(os.environ, DISPLAY=self.id, HOME=lab.dir)

    def _start(self):
        """A number of our own: a search for a free one sees only this namespace's servers, and takes the socket of
        another one's. Returns its name when it is ready, "" if the number is taken."""
        number = random.randrange(1000, 30000)
        reader, writer = os.pipe()
        self.process = self.lab.start(self.ns, ["Xvfb", f":{number}", "-displayfd", str(writer), "-screen", "0",
                                                f"{self.WIDTH}x{self.HEIGHT}x24", "-nolisten", "tcp", "-noreset"],
                                      f"xvfb-{self.name}", pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as told:
            return ":" + str(number) if told.readline().strip() else ""

    def picture(self, window="root"):
        """What is seen of a window now, the pointer left out."""
        done = subprocess.run(["import", "-display", self.id, "-window", str(window), "-depth", "8", "ppm:-"],
                              capture_output=True, check=True, timeout=30)
        return Picture.from_ppm(done.stdout)

    def windows(self):
        """Titles of all of them."""
        tree = subprocess.run(["xwininfo", "-display", self.id, "-root", "-tree"], capture_output=True, text=True).stdout
        return re.findall(r'0x[0-9a-f]+ "(.*?)":', tree)

    def do(self, *words):
        return subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True, capture_output=True, text=True,
                              timeout=30).stdout

    def type_at(self, x, y, text):
        """Clicks there and types: without a window manager nobody else gives a window the keyboard."""
        window = re.search(r"window:(\d+)", self.do("mousemove", x, y, "getmouselocation"))[1]
        self.do("windowfocus", window, "click", 1)
        self.do("type", "--delay", 50, text)


class Terminal:
    """An xterm full of text that shows, and keeps in a file, what is typed into it."""

    def __init__(self, display, name="terminal", columns=60, rows=16):
        need("xterm")
        lab = self.lab = display.lab
        self.display, self.typed_file, told = display, lab.path(f"typed-{name}"), lab.path(f"window-{name}")
        lines = "\n".join("".join(chr(33 + (7 * y + 3 * x) % 94) for x in range(columns - 1)) for y in range(rows - 3))
        with open(lab.path(f"text-{name}"), "w") as f:
            f.write(lines + "\n")
        script = f"cat {lab.path(f'text-{name}')}; echo $WINDOWID > {told}.new; mv {told}.new {told}; " \
                 f"exec cat > {self.typed_file}"
        self.process = lab.start(display.ns, ["xterm", "+bc", "-fn", "fixed", "-geometry", f"{columns}x{rows}+40+30", "-e",
                                              "sh", "-c", script], f"xterm-{name}", env=display.env)
        wait_for(lambda: os.path.exists(told), 20, "an xterm")
        with open(told) as f:
            self.window = int(f.read())
        wait_for(lambda: len(set(self.picture().data)) > 1, 20, "text in the xterm")

    def picture(self):
        return self.display.picture(self.window)

    def typed(self):
        try:
            with open(self.typed_file) as f:
                return f.read()
        except FileNotFoundError:
            return ""


def x11vnc(terminal, *options):
    """The command that shares this window alone, without loss."""
    need("x11vnc")
    return ["x11vnc", "-display", terminal.display.id, "-id", str(terminal.window), "-quiet", "-nopw", "-shared",
            "-forever", "-noxdamage", "-nowf", "-noscr", *options]


def tigervnc():
    """The command of a viewer that shows every pixel as it is; PORT is its server's."""
    need("xtigervncviewer")
    return "xtigervncviewer -AutoSelect=0 -PreferredEncoding=ZRLE -NoJPEG -FullColor 127.0.0.1::PORT"


def tightvnc():
    need("xtightvncviewer")
    return 'xtightvncviewer -encodings "zlib hextile raw" -nocursorshape 127.0.0.1::PORT'


def sees(terminal, display, least=0.999):
    """Whether the presenter's window is seen there, pixel by pixel."""
    return terminal.picture().share_in(display.picture()) >= least


def load(path):
    """A picture from a file."""
    done = subprocess.run(["convert", path, "-depth", "8", "ppm:-"], capture_output=True, check=True)
    return Picture.from_ppm(done.stdout)
