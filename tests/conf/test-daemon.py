#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as its supervisor sees it: command line, exit codes, readiness, signals, the drain.
Runs with the test plugin confprobe only, which opens no socket; the calls' side of a drain is
tested with real clients in tests/integration/.
"""
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ["RFL_TOP_BUILDDIR"]
DAEMON = os.path.join(BUILD, "reflectord")
PATH = os.path.join(BUILD, "tests/conf/.libs")
LIMIT = 30  # seconds until a wait has failed


class Daemon:
    """A running reflectord on the configuration `text`."""

    def __init__(self, text, *arguments):
        self.dir = tempfile.mkdtemp(prefix="test-daemon-")
        self.write(text)
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(os.path.join(self.dir, "notify"))
        self.notified.settimeout(LIMIT)
        environment = dict(os.environ, NOTIFY_SOCKET=os.path.join(self.dir, "notify"))
        self.process = subprocess.Popen(
            [DAEMON, "--config", self.dir, "--plugin-path", PATH, *arguments],
            stderr=subprocess.PIPE, env=environment, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put(None)

    def write(self, text):
        with open(os.path.join(self.dir, "10-test.conf"), "w") as file:
            file.write(text)

    def expect_line(self, part):
        """Waits for a line of the log with `part` in it."""
        seen = []
        while True:
            line = self.lines.get(timeout=LIMIT)
            assert line is not None, "no '%s' in the log: %s" % (part, "".join(seen))
            if part in line:
                return line
            seen.append(line)

    def expect_state(self, state):
        """Waits for what it tells next. Returns what else it tells in the same breath."""
        got, _, more = self.notified.recv(1000).decode().partition("\n")
        assert got == state, "notified %s instead of %s" % (got, state)
        return more

    def send(self, number):
        self.process.send_signal(number)

    def expect_exit(self, code):
        got = self.process.wait(timeout=LIMIT)
        assert got == code, "exit code %d instead of %d" % (got, code)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()
        self.notified.close()
        shutil.rmtree(self.dir)


def run(*arguments):
    return subprocess.run([DAEMON, *arguments], capture_output=True, text=True, timeout=LIMIT)


def expect_refusal(arguments, code, message):
    done = run(*arguments)
    assert done.returncode == code, "exit code %d: %s" % (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1, done.stderr
    assert message in done.stderr, done.stderr
    assert done.stdout == "", done.stdout


def wrong_option():
    expect_refusal(["--confg", "x"], 2, "reflectord: Unknown option --confg")


def stray_argument():
    expect_refusal(["conf.d"], 2, "reflectord: unexpected argument conf.d")


def wrong_log_level():
    expect_refusal(["--log-level", "loud"], 2, "must be one of \"error\", \"warning\"")


def missing_folder():
    expect_refusal(["--config", "/nonexistent"], 2, "/nonexistent")


def missing_plugins():
    with tempfile.TemporaryDirectory() as empty:
        with open(os.path.join(empty, "10-x.conf"), "w") as file:
            file.write("confprobe: { };\n")
        expect_refusal(["--config", empty, "--plugin-path", empty], 2, "10-x.conf:1: confprobe: ")


def version():
    done = run("--version")
    assert done.returncode == 0 and done.stdout.startswith("reflectord "), done


def manual():
    done = run("--manual", "--plugin-path", PATH)
    assert done.returncode == 0, done.stderr
    for row in ("## core", "## confprobe", "| `peers[].port` | integer | `5564` | 1 to 65535 |"):
        assert row in done.stdout, done.stdout


def check_config():
    """What --check-config prints reads back as the same, and nothing is opened."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        with open(os.path.join(first, "a.conf"), "w") as file:
            file.write("core: { id = \"me\"; };\nconfprobe: { names = [ \"\\\"\" ]; };\nPROBE_PEER a\n")
        one = run("--config", first, "--plugin-path", PATH, "--check-config")
        assert one.returncode == 0, one.stderr
        with open(os.path.join(second, "a.conf"), "w") as file:
            file.write(one.stdout)
        two = run("--config", second, "--plugin-path", PATH, "--check-config")
        assert two.returncode == 0, two.stderr
        assert one.stdout == two.stdout, one.stdout + two.stdout


def ready_and_terminated():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Daemon("confprobe: { };") as daemon:
            daemon.expect_line("ready as ")
            daemon.expect_state("READY=1")
            daemon.send(number)
            daemon.expect_state("STOPPING=1")
            daemon.expect_exit(0)


def log_level():
    with Daemon("confprobe: { };\ncore: { log_level = \"debug\"; };", "--log-level", "error") as daemon:
        daemon.expect_state("READY=1")
        daemon.send(signal.SIGTERM)
        daemon.expect_exit(0)
        assert daemon.lines.get(timeout=LIMIT) is None


def reloaded():
    with Daemon("confprobe: { };") as daemon:
        daemon.expect_state("READY=1")
        for text, line in (("confprobe: { port = 0; };", "10-test.conf:1: confprobe.port: is 0"),
                           ("confprobe: { address = \"x\"; };", "10-test.conf:1: confprobe.address"),
                           ("confprobe: { port = 8; };", "the configuration was read again")):
            daemon.write(text)
            before = time.monotonic_ns() // 1000
            daemon.send(signal.SIGHUP)
            more = daemon.expect_state("RELOADING=1")
            assert before <= int(more.partition("MONOTONIC_USEC=")[2]) <= time.monotonic_ns() // 1000, more
            daemon.expect_line(line)
            status = daemon.expect_state("READY=1")
            wrong = "confprobe" in line
            if wrong:
                assert status.startswith("STATUS=the configuration stays as it was: ") and line in status, status
            else:
                assert status == "STATUS=", status
        daemon.send(signal.SIGTERM)
        daemon.expect_exit(0)


def deaf_service_manager():
    """One that has stopped reading holds nothing up."""
    with Daemon("confprobe: { };") as daemon:
        daemon.expect_state("READY=1")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            try:
                while True:
                    other.sendto(b"x", os.path.join(daemon.dir, "notify"))
            except BlockingIOError:
                pass
        daemon.send(signal.SIGHUP)
        daemon.expect_line("cannot be told RELOADING=1")
        daemon.expect_line("the configuration was read again")
        daemon.send(signal.SIGTERM)
        daemon.expect_exit(0)


def status():
    with Daemon("confprobe: { guest = \"stays\"; };\ncore: { id = \"reflector-7\"; };") as daemon:
        daemon.expect_state("READY=1")
        daemon.expect_line("ready as reflector-7")
        daemon.send(signal.SIGUSR1)
        daemon.expect_line("reflector-7")
        daemon.send(signal.SIGTERM)
        daemon.expect_line("1 participants are here")


def drained():
    """The guest leaves when asked to, long before the drain time is over."""
    with Daemon("confprobe: { guest = \"leaves\"; };\ncore: { drain_time = 600; };") as daemon:
        daemon.expect_state("READY=1")
        daemon.send(signal.SIGTERM)
        daemon.expect_line("draining, 1 participants")
        daemon.expect_exit(0)


def drain_time_over():
    with Daemon("confprobe: { guest = \"stays\"; };\ncore: { drain_time = 1; };") as daemon:
        daemon.expect_state("READY=1")
        daemon.send(signal.SIGTERM)
        daemon.expect_line("1 participants are still here after the drain time")
        daemon.expect_exit(0)


def second_signal():
    for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
        with Daemon("confprobe: { guest = \"stays\"; };\ncore: { drain_time = 600; };") as daemon:
            daemon.expect_state("READY=1")
            daemon.send(first)
            daemon.expect_line("draining")
            daemon.expect_state("STOPPING=1")
            daemon.send(signal.SIGHUP)  # has no effect any more
            daemon.send(second)
            daemon.expect_exit(-second)


TESTS = [wrong_option, stray_argument, wrong_log_level, missing_folder, missing_plugins, version,
         manual, check_config, ready_and_terminated, log_level, reloaded, deaf_service_manager,
         status, drained, drain_time_over, second_signal]


def main():
    failed = 0
    print("1..%d" % len(TESTS))
    for number, test in enumerate(TESTS, 1):
        try:
            test()
            print("ok %d %s" % (number, test.__name__))
        except (AssertionError, OSError, queue.Empty, subprocess.TimeoutExpired) as error:
            failed = 1
            print("not ok %d %s" % (number, test.__name__))
            print("# " + repr(error).replace("\\n", "\n# "))
        sys.stdout.flush()
    return failed


sys.exit(main())
