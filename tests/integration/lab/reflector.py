# SPDX-License-Identifier: LGPL-2.1-or-later
"""reflectord in a namespace: its folder of configuration, its start until it says that it is
ready, its status, its end. Knows no SIP and no RTP."""
import json
import os
import re
import signal
import socket
import subprocess

TOP = os.environ.get("RFL_TOP_BUILDDIR") or os.path.join(os.path.dirname(__file__), "../../../build")


def program(name):
    """Of the build tree, unless REFLECTORD_BIN names a folder of installed ones."""
    folder = os.environ.get("REFLECTORD_BIN")
    if folder:
        return os.path.join(folder, name)
    return os.path.join(TOP, name)


def daemon():
    """The command of reflectord. REFLECTORD_WRAPPER (valgrind with its options) goes before the program
    itself, not before libtool's script that starts it."""
    wrapper = os.environ.get("REFLECTORD_WRAPPER", "").split()
    if not wrapper or os.environ.get("REFLECTORD_BIN"):
        return [*wrapper, program("reflectord")]
    libraries = os.path.join(TOP, ".libs")
    return ["env", f"LD_LIBRARY_PATH={libraries}", *wrapper, os.path.join(libraries, "reflectord")]


class Reflector:
    """`peers`: addresses of other reflectors; `users`: {name: password} turns digest on; `conf`:
    further text; `sip`: options of that plugin; `classic`: a folder with nothing but classic lines (no users then).
    Callers get every source as it is, as most tests mean it; `modes`: options of sip that say otherwise, "" for
    the defaults of the daemon (in a classic folder always)."""

    def __init__(self, lab, ns, address, peers=(), users=None, conf="", classic=False, start=True, sip="",
                 modes='audio_mode = "all"; video_mode = "all";'):
        self.lab, self.ns, self.address = lab, ns, address
        self.dir = lab.path(f"conf-{ns}")
        self.state = lab.path(f"state-{ns}")
        os.makedirs(self.state, exist_ok=True)
        self.status_socket = lab.path(f"status-{ns}.sock")
        self.process = None
        os.makedirs(self.dir, exist_ok=True)
        lines = [f"REFLECTOR_INTERCONNECTION {peer} 5564" for peer in peers]
        if classic:
            lines.append(f"IP_ADDRESS {address}")
        else:
            lines += [f"sip: {{ {modes} {sip} }};", "nat: { };", "rtp: { };", "interconnect: { };",
                      f'status: {{ socket = "{self.status_socket}"; }};']
        if users:
            lines.append(self._auth(users))
        with open(os.path.join(self.dir, "10-lab.conf"), "w") as f:
            f.write("\n".join([*lines, ""]))
        self.site = os.path.join(self.dir, "20-site.conf")
        self.configure(conf)
        if start:
            self.start()

    def _auth(self, users):
        file = os.path.join(self.dir, "users")
        for name, password in users.items():
            subprocess.run([program("reflectorctl"), "passwd", file, name], input=password + "\n",
                           text=True, check=True, capture_output=True, env=self._environment())
        return f'auth: {{ users_file = "{file}"; }};'

    def _environment(self):
        # for locks and sockets; for the journal of dialogs
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.lab.dir, STATE_DIRECTORY=self.state)
        if "REFLECTORD_PLUGIN_PATH" not in environment and not os.environ.get("REFLECTORD_BIN"):
            folder = os.path.join(TOP, "plugins")
            environment["REFLECTORD_PLUGIN_PATH"] = ":".join(
                os.path.join(folder, name, ".libs") for name in sorted(os.listdir(folder)))
        return environment

    def start(self, timeout=15):
        """Returns when the daemon has said READY=1 (sd_notify)."""
        path = self.lab.path(f"notify-{self.ns}.sock")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.lab.defer(notify.close)
        if os.path.exists(path):
            os.unlink(path)
        notify.bind(path)
        self.process = self.lab.start(
            self.ns, [*daemon(), "--config", self.dir, *self.options()],
            f"reflectord-{self.ns}", env=dict(self._environment(), NOTIFY_SOCKET=path))
        self.lab.defer(self._finish, self.process)
        self.notify = notify
        self._wait_ready(notify, timeout)
        return self

    def _wait_ready(self, notify, timeout):
        notify.settimeout(0.1)
        for _ in range(10 * timeout):
            try:
                if b"READY=1" in notify.recv(4096):
                    return
            except socket.timeout:
                if self.process.poll() is not None:
                    raise RuntimeError(f"reflectord in {self.ns} ended with {self.process.returncode}") from None
        raise TimeoutError(f"reflectord in {self.ns} did not get ready")

    # ---- while it runs
    def configure(self, conf):
        """Another text in the place of `conf`, for the next start or reload."""
        with open(self.site, "w") as f:
            f.write(conf + "\n")

    def expect(self, state, timeout=10):
        """Waits until it has told its service manager so. Returns what it said then, as {name: value}."""
        self.said = []
        self.notify.settimeout(timeout)
        while True:
            self.said.append(self.notify.recv(4096).decode())
            if state in self.said[-1].split("\n"):
                return dict(line.split("=", 1) for line in self.said[-1].split("\n"))

    def reload(self):
        """SIGHUP; returns when it is done, with what the service manager shows then."""
        self.process.send_signal(signal.SIGHUP)
        self.expect("RELOADING=1")
        return self.expect("READY=1")["STATUS"]

    def log(self):
        with open(self.lab.path(f"reflectord-{self.ns}.log"), errors="replace") as f:
            return f.read()

    @staticmethod
    def options():
        return os.environ.get("REFLECTORD_OPTIONS", "--log-level=debug").split()

    def status(self):
        """The daemon's state (core, plugins, counters) as Python values."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            sock.connect(self.status_socket)
            sock.shutdown(socket.SHUT_WR)
            return json.loads(b"".join(iter(lambda: sock.recv(65536), b"")))

    def kill(self):
        """kill -9"""
        self.process.kill()
        self.process.wait()
        self.process.killed = True

    def _finish(self, process):
        """Ends it as an operator would, and complains about a bad end or what a sanitizer said."""
        if not hasattr(process, "killed"):
            try:
                if process.poll() is None:
                    process.terminate()
                if process.wait(20) != 0:
                    self.lab.complaints.append(f"reflectord in {self.ns} ended with {process.returncode}")
            except subprocess.TimeoutExpired:
                self.lab.complaints.append(f"reflectord in {self.ns} did not end")
        log = self.log()
        found = re.search(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error).*", log)
        if found or self.lab.complaints:
            self.lab.complaints.append(log[max(0, found.start() - 200) if found else -4000:][:6000])

    def stop(self, timeout=15):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)
