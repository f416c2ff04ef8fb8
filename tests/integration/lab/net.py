# SPDX-License-Identifier: LGPL-2.1-or-later
"""A lab: one set of network namespaces under a prefix of its own, and everything that runs in
them. Leaving the `with` block ends every process and removes every namespace and file. Not for
what the processes say to each other."""
import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from .engine import Engine

HERE = os.path.dirname(os.path.abspath(__file__))
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class Skip(Exception):
    """The reason why a test cannot run on this machine."""


@contextlib.contextmanager
def inside(path):
    """The calling thread is in the network namespace `path`; sockets made here stay in it."""
    old = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    new = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(new, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {path}")
        yield
    finally:
        libc.setns(old, CLONE_NEWNET)
        os.close(old)
        os.close(new)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(predicate, timeout, what):
    """Polls for what no event tells. Returns the first true value."""
    end = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(0.02)


def sweep():
    """Removes namespaces of runs that were killed before they could."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    for name in re.findall(r"^(rfl(\d+)-\S+)", listed, re.M):
        if not os.path.exists(f"/proc/{name[1]}"):
            subprocess.run(["ip", "netns", "del", name[0]], stderr=subprocess.DEVNULL)


class Lab:
    serial = 0

    def __init__(self, topology="topology", tap=None, **settings):
        """`settings`: the topology's environment, WIRE=1 for example."""
        if os.geteuid() != 0:
            raise Skip("needs root for network namespaces")
        if os.environ.get("RFL_NO_INTEGRATION"):
            raise Skip("RFL_NO_INTEGRATION is set")
        for tool in ("ip", "nft", "tcpdump"):
            if not shutil.which(tool):
                raise Skip(f"needs {tool}")
        Lab.serial += 1
        self.tap, self.settings = tap, settings
        self.script = os.path.join(HERE, topology + ".sh")
        self.prefix = f"rfl{os.getpid()}-{Lab.serial}-"
        self.cleanups = []
        self.weather = None
        self.complaints = []  # what went wrong behind the test's back

    # ---- life
    def __enter__(self):
        sweep()
        self.dir = tempfile.mkdtemp(prefix="reflectord-lab-")
        self.defer(shutil.rmtree, self.dir, ignore_errors=not os.environ.get("LAB_KEEP"))
        if os.environ.get("LAB_KEEP"):
            self.cleanups.pop()
            print(f"# kept: {self.dir}", file=sys.stderr)
        self.defer(self.topology, "down")
        up = self.topology("up")
        if up.returncode != 0:
            self.__exit__()
            raise Skip("cannot make network namespaces here: " + up.stderr.strip()[-200:])
        # made first and so stopped last: what is under test ends while its clients still answer
        self.engine = Engine()
        self.defer(self.engine.stop)
        return self

    def __exit__(self, *exception):
        if exception and exception[0] and self.tap and not issubclass(exception[0], Skip):
            self.show_logs()
        while self.cleanups:
            function, args, kwargs = self.cleanups.pop()
            try:
                function(*args, **kwargs)
            except Exception as error:  # the rest must be cleaned up as well
                print(f"# clean-up: {error!r}", flush=True)

    def defer(self, function, *args, **kwargs):
        self.cleanups.append((function, args, kwargs))

    def topology(self, command):
        return subprocess.run(["bash", self.script, command], capture_output=True, text=True,
                              env=dict(os.environ, PFX=self.prefix, **self.settings))

    def show_logs(self, lines=40):
        for name in sorted(os.listdir(self.dir)):
            if name.endswith(".log"):
                with open(os.path.join(self.dir, name), errors="replace") as log:
                    self.tap.note(f"--- {name}\n" + "".join(log.readlines()[-lines:]))

    # ---- namespaces
    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def ns(self, name):
        return f"/run/netns/{self.prefix}{name}"

    def socket(self, ns, family=socket.AF_INET, kind=socket.SOCK_DGRAM, proto=0):
        with inside(self.ns(ns)):
            return socket.socket(family, kind | socket.SOCK_CLOEXEC, proto)

    def run(self, ns, *command, check=True, **kwargs):
        """Runs to its end in a namespace. Returns its output."""
        done = subprocess.run(["ip", "netns", "exec", self.prefix + ns, *command],
                              stdin=subprocess.DEVNULL if "input" not in kwargs else None,
                              capture_output=True, text=True, **kwargs)
        if check and done.returncode != 0:
            raise RuntimeError(f"{ns}: {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def start(self, ns, command, log, **kwargs):
        """Starts a process that lives until the lab ends, its output in `log`.log, its temporary files with it."""
        kwargs["env"] = dict(kwargs.get("env", os.environ), TMPDIR=self.dir)
        with open(self.path(log + ".log"), "ab") as output:
            kwargs.setdefault("stdin", subprocess.DEVNULL)
            kwargs.setdefault("stdout", output)
            kwargs.setdefault("stderr", subprocess.STDOUT)
            process = subprocess.Popen(["ip", "netns", "exec", self.prefix + ns, *command],
                                       preexec_fn=die_with_parent, **kwargs)
        self.defer(self.end, process)
        return process

    @staticmethod
    def end(process, first=signal.SIGTERM, patience=2):
        if process.poll() is None:
            process.send_signal(first)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()

    # ---- the way between
    def delay(self, milliseconds):
        """Carries what goes between r1 and fw1 so much later, each way (with WIRE=1)."""
        self.wire(delay=milliseconds)

    def wire(self, **weather):
        """What happens between r1 and fw1 from now on (with WIRE=1): delay in milliseconds; loss, dup,
        reorder, mutate in per cent; what is not named stays. Before the first call nothing passes."""
        words = [f"{name}={value}" for name, value in weather.items()]
        if not self.weather:
            self.weather = self.start("wire", ["python3", os.path.join(HERE, "wire.py"), "a", "b", *words],
                                      "wire", stdin=subprocess.PIPE, text=True)
            wait_for(lambda: "ready" in open(self.path("wire.log")).read(), 5, "the wire")
        else:
            self.weather.stdin.write(" ".join(words) + "\n")
            self.weather.stdin.flush()

    def nft(self, ns, rules):
        self.run(ns, "nft", "-f", "-", input=rules)

    def counter(self, ns, name, table="ip filter"):
        """Packets counted by a named nft counter."""
        text = self.run(ns, "nft", "list", "counter", *table.split(), name)
        return int(re.search(r"packets (\d+)", text).group(1))
