# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a SIP call with digest (INVITE, 401, ACK, INVITE, 200, ACK, BYE, 200) costs reflectord, beside
a bare nua and kamailio, in turns: each server alone on the first processor, sipp on the second one. Needs
both for itself; what else runs makes the highest rates worse, and CPU time per call hardly. Not a
test: it passes no judgement. Standard library only.

bench-sip.py [--rounds N] [--rate CALLS/S] [--seconds S] [--dialogs N] [--only rate|dialogs]"""
import argparse
import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("RFL_TOP_BUILDDIR") or os.path.join(HERE, "../../build")
TICKS = os.sysconf("SC_CLK_TCK")
started = []  # Servers and Loads, each with end()
T1X64 = 4  # seconds for which a finished transaction is kept


def wait_for(predicate, timeout, what):
    end = time.monotonic() + timeout
    while not (value := predicate()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)
    return value


class Server:
    """One process (kamailio: several) on the first processor."""
    serial = 0

    def __init__(self, folder):
        Server.serial += 1
        started.append(self)
        self.folder, self.port = folder, 21000 + os.getpid() % 3000 * 10 + Server.serial % 10
        self.log = os.path.join(folder, f"{self.name.replace(' ', '-')}-{Server.serial}.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["taskset", "-c", "0", *self.command()], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment(), start_new_session=True)
        wait_for(self.is_ready, 10, f"{self.name} starts: see {self.log}")

    def environment(self):
        return dict(os.environ)

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def pids(self):
        return [self.process.pid]

    def cpu(self):
        """Seconds of processor time so far."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def end(self):
        """At once: thousands of dialogs would take long to end."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Reflectord(Server):
    name = "reflectord"

    def command(self):
        conf = os.path.join(self.folder, f"conf-{self.serial}")
        os.mkdir(conf)
        users, self.socket = os.path.join(conf, "users"), os.path.join(conf, "socket")
        subprocess.run([os.path.join(TOP, "reflectorctl"), "passwd", users, "bench"], input="secret\n", text=True,
                       check=True, capture_output=True, env=self.environment())
        with open(os.path.join(conf, "10-bench.conf"), "w") as f:
            f.write(f"""
core: {{ workers = 1; max_sessions = 1000000; max_participants = 1000000; }};
sip: {{ port = {self.port}; addresses = [ "127.0.0.1" ]; transports = [ "udp" ]; audio_mode = "all"; video_mode = "all"; max_calls = 100000;
       transaction_timeout = {T1X64}; journal = "{conf}/dialogs"; {self.limits()} }};
auth: {{ users_file = "{users}"; }};
rtp: {{ audio_port = {self.port + 10000}; audio_rtcp_port = {self.port + 10001}; video_port = {self.port + 10002};
       video_rtcp_port = {self.port + 10003}; inactivity_timeout = 3600; }};
status: {{ socket = "{self.socket}"; }};
""")
        return [os.path.join(TOP, "reflectord"), "--config", conf]

    def limits(self):
        """What keeps one address from calling two thousand times a second, as far as this build knows it."""
        with open(os.path.join(HERE, "../../conf.d/30-sip.conf")) as f:
            known = f.read()
        return " ".join(f"{name} = {value};" for name, value in
                        (("invite_rate", "100000.0"), ("request_rate", "100000.0"), ("invite_burst", 100000),
                         ("request_burst", 100000)) if f"#{name} =" in known)

    def environment(self):
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder)
        folder = os.path.join(TOP, "plugins")
        environment["REFLECTORD_PLUGIN_PATH"] = ":".join(
            os.path.join(folder, name, ".libs") for name in sorted(os.listdir(folder)))
        return environment

    def is_ready(self):
        return "ready as" in self.output()

    def status(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(self.socket)
            sock.shutdown(socket.SHUT_WR)
            return json.loads(b"".join(iter(lambda: sock.recv(1 << 20), b"")))

    def heap(self):
        return self.status()["process"]["heap"]


class BareNua(Server):
    name = "bare nua"

    def command(self):
        return [os.path.join(TOP, "tests/bench/bare-nua"), str(self.port), str(T1X64)]

    def is_ready(self):
        return "ready" in self.output()

    def heap(self):
        before = self.output()
        for pid in self.pids():
            os.kill(pid, signal.SIGUSR1)
        return int(wait_for(lambda: self.output()[len(before):].strip(), 5, "bare-nua's heap"))


class Kamailio(Server):
    name = "kamailio"

    def command(self):
        return ["kamailio", "-DD", "-E", "-f", os.path.join(HERE, "kamailio.cfg"), "-l", f"udp:127.0.0.1:{self.port}",
                "-m", "1024", "-M", "64", "-P", os.path.join(self.folder, "kamailio.pid"), "-Y", self.folder]

    def is_ready(self):
        with open("/proc/net/udp") as f:
            return f":{self.port:04X} " in f.read()

    def pids(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(pid)) == self.process.pid:
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()  # it waits for its children
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            super().end()


class Load:
    """One run of sipp on the second processor."""
    serial = 0

    def __init__(self, folder, server, calls, rate, file, pause=0, ip="127.0.0.1"):
        Load.serial += 1
        started.append(self)
        self.stat = os.path.join(folder, f"sipp-{Load.serial}.csv")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", "1", "sipp", f"127.0.0.1:{server.port}", "-sf", os.path.join(HERE, "sipp-load.xml"),
             "-inf", file, "-m", str(calls), "-r", str(rate), "-l", "100000", "-d", str(1000 * pause), "-i", ip,
             "-mi", ip, "-p", str(server.port + 20000 + Load.serial), "-nostdin", "-buff_size", "4000000", "-trace_stat", "-stf", self.stat,
             "-fd", "1", "-timeout", "40s" if not pause else "3600s", "-max_retrans", "5"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
            env=dict(os.environ, TERM="dumb"))

    def numbers(self):
        if not os.path.exists(self.stat):
            return {}
        with open(self.stat, newline="") as f:
            rows = list(csv.DictReader(f, delimiter=";"))
        return rows[-1] if rows else {}

    def count(self, name):
        return int(self.numbers().get(name) or 0)

    def finish(self):
        self.process.wait()
        self.took = time.monotonic() - self.started
        return self

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def write_rooms(path, lines, rooms, first_port):
    with open(path, "w") as f:
        f.write("SEQUENTIAL\n" + "".join(f"r{i % rooms};{first_port + 2 * i}\n" for i in range(lines)))
    return path


def measure(folder, server, calls, rate, file, **options):
    """(CPU µs per call, run)"""
    before = server.cpu()
    run = Load(folder, server, calls, rate, file, **options).finish()
    done = run.count("SuccessfulCall(C)")
    return (server.cpu() - before) * 1e6 / max(done, 1), run


def is_clean(run, calls, rate):
    return (run.count("SuccessfulCall(C)") == calls and run.count("Retransmissions(C)") <= calls / 100
            and run.took < 1.3 * calls / rate + 1)


def best(values):
    return min(values) if values else float("nan")


def rates(options, folder, servers):
    """Each server at the nominal rate in turns, then at rising rates."""
    file = write_rooms(os.path.join(folder, "rooms.csv"), 8000, 1000, 30000)
    running = [kind(folder) for kind in servers]
    costs, bad = {s: [] for s in running}, {s: [0, 0] for s in running}
    for _ in range(options.rounds):
        for server in running:
            cost, run = measure(folder, server, options.rate * options.seconds, options.rate, file)
            costs[server].append(cost)
            bad[server][0] += run.count("FailedCall(C)")
            bad[server][1] += run.count("Retransmissions(C)")
    highest = {s: 0 for s in running}
    for server in running:
        for rate in (1000, 2000, 3000, 4000, 6000, 8000):
            _, run = measure(folder, server, 2 * rate, rate, file)
            if not is_clean(run, 2 * rate, rate):
                break
            highest[server] = rate
    print(f"{options.rate} calls/s for {options.seconds} s, {options.rounds} rounds in turns")
    print(f"{'server':12} {'µs CPU/call':>24} {'failed':>7} {'repeated':>9} {'highest clean rate':>19}")
    for server in running:
        print(f"{server.name:12} {' '.join(f'{c:.0f}' for c in costs[server]):>24} {bad[server][0]:7} "
              f"{bad[server][1]:9} {highest[server]:19}")
        server.end()
    yardstick = best(costs[running[1]]) if len(running) > 1 else None
    if yardstick:
        print(f"reflectord costs {best(costs[running[0]]) / yardstick:.2f} times a bare nua\n")


def standing(options, folder, kind, rooms, label):
    """Memory of many dialogs, and what they do to the cost of a call."""
    server = kind(folder)
    file = write_rooms(os.path.join(folder, f"standing-{rooms}.csv"), options.dialogs, rooms, 10000)
    other = write_rooms(os.path.join(folder, "others.csv"), 2000, 400, 51000)
    calls = 2 * options.dialog_rate
    measure(folder, server, calls, options.dialog_rate, other, ip="127.0.0.2")  # warms up
    empty_cost, _ = measure(folder, server, calls, options.dialog_rate, other, ip="127.0.0.2")
    time.sleep(T1X64 + 1)
    empty = server.heap()
    crowd = Load(folder, server, options.dialogs, options.dialog_rate, file, pause=3000)
    wait_for(lambda: crowd.count("CurrentCall") + crowd.count("FailedCall(C)") >= options.dialogs or crowd.process.poll() is not None,
             3 * options.dialogs / options.dialog_rate + 10, "all dialogs")
    time.sleep(T1X64 + 1)
    full, failed = server.heap(), crowd.count("FailedCall(C)")
    os.kill(crowd.process.pid, signal.SIGSTOP)  # it would take its part of the other sipp's processor
    before = server.cpu()
    time.sleep(2)
    idle = (server.cpu() - before) / 2
    full_cost, _ = measure(folder, server, calls, options.dialog_rate, other, ip="127.0.0.2")
    print(f"{label:28} {(full - empty) / options.dialogs:11.0f} {empty_cost:10.0f} {full_cost:10.0f} "
          f"{100 * idle:8.1f} {failed:7}", flush=True)
    crowd.end()
    server.end()


def dialogs(options, folder):
    print(f"{options.dialogs} standing dialogs")
    print(f"{'server':28} {'heap/dialog':>11} {'µs before':>10} {'µs beside':>10} {'% idle':>8} {'failed':>7}")
    standing(options, folder, BareNua, 1, "bare nua")
    standing(options, folder, Reflectord, options.dialogs // 5, "reflectord, rooms of 5")
    standing(options, folder, Reflectord, options.dialogs, "reflectord, rooms of 1")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--dialogs", type=int, default=20000)
    parser.add_argument("--dialog-rate", type=int, default=1000)
    parser.add_argument("--only", choices=("rate", "dialogs"))
    options = parser.parse_args()
    for tool in ("sipp", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"needs {tool}")
    servers = [Reflectord, BareNua] + ([Kamailio] if shutil.which("kamailio") else [])
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-sip-") as folder:
        try:
            if options.only != "dialogs":
                rates(options, folder, servers)
            if options.only != "rate":
                dialogs(options, folder)
        finally:
            for each in started:
                each.end()
    print(f"({time.monotonic() - began:.0f} s)")


main()
