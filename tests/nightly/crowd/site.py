# SPDX-License-Identifier: LGPL-2.1-or-later
"""A reflector that is watched: what it must be back at when everybody has left. Knows what status
calls things, and nothing of how they come about."""
import collections
import os
import re
import signal
import subprocess
import time

from lab.reflector import Reflector

# The last one: what comes in one burst after a cut, or while the machine is busy elsewhere, can be more than waits for its source
# to be known; it is dropped, counted and told, and harms nothing that is known.
EXPECTED = ["plain text, without authentication", r"link .* is down", "drain time",
            "packets found no room to wait for their source"]
# and while somebody changes what goes over the link: announcements say anything until the next digest
EXPECTED_MUTATED = [" WARNING interconnect: "]


class Site(Reflector):
    """`problems` collects what is wrong, in words."""

    def __init__(self, lab, ns, address, problems, sanitized=False, conf="", **options):
        super().__init__(lab, ns, address, start=False, **options)
        with open(os.path.join(self.dir, "20-more.conf"), "w") as f:  # sections of two files are one
            f.write(conf)
        self.problems, self.sanitized = problems, sanitized
        self.running, self.plateau, self.starts = False, None, 0
        self.log_read = 0

    # ---- life
    def start(self, timeout=30):
        super().start(timeout)
        self.running, self.plateau, self.started = True, None, time.monotonic()
        self.starts += 1
        return self

    def kill(self):
        self.running = False
        super().kill()

    def terminate(self):
        """SIGTERM, as an operator ends it; a leak would make the status another than 0."""
        self.running = False
        try:
            status = self.stop(40)
        except subprocess.TimeoutExpired:
            self.problems.append(f"{self.ns}: SIGTERM did not end it within 40 s")
            self.kill()
            return
        if status != 0:
            self.problems.append(f"{self.ns}: exit status {status} after SIGTERM")
        self.process.killed = True  # looked at; not again at the end

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        self._wait_ready(self.notify, 10)

    def alive(self):
        """Whether it runs if it should. Complains once, and puts it up again."""
        if not self.running or self.process.poll() is None:
            return True
        self.problems.append(f"{self.ns}: died by itself with {self.process.returncode}")
        self.process.killed = True
        self.start()
        return False

    # ---- what must be zero
    def gauges(self):
        """Everything in the status that is not 0 when nobody is there, by its path."""
        status = self.status()
        plugins, path = status["plugins"], status["path"]
        counters = collections.Counter(status["counters"])  # some are made on first use
        found = {"participants": status["core"]["participants"], "sessions": len(status["sessions"]),
                 "routes": len(path["routes"]), "calls": plugins["sip"]["count"],
                 "connections": plugins["sip"]["connections"], "orphans": plugins["sip"]["orphans"],
                 "registrations": len(plugins["sip"]["registrations"]), "rtp sessions": len(plugins["rtp"]["sessions"]),
                 "rtp waiting": plugins["rtp"]["waiting"],
                 "joined - left": counters["core.joined"] - counters["core.left"],
                 "sessions - ended": counters["core.sessions"] - counters["core.sessions_ended"],
                 "calls without end": max(0, counters["sip.joined"] - counters["sip.ended"])}
        for port in path["ports"]:
            if not port["name"].startswith("link."):  # those of the link itself stay
                found[f"flows of {port['name']}"] = port["flows"]
        for peer in plugins["interconnect"]["peers"]:
            for gauge in ("sessions", "participants", "sources", "legs", "messages_waiting"):
                found[f"{gauge} of {peer['address']}"] = peer[gauge]
            found[f"link to {peer['address']} down"] = int(not peer["up"])
        return {name: value for name, value in found.items() if value}

    # ---- what must not grow
    def usage(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as f:
            rss = int(re.search(r"^Rss:\s+(\d+)", f.read(), re.M).group(1)) * 1024
        status = self.status()
        # A pool of packet buffers keeps what its worker once needed, up to a limit of its own.
        pools = sum(worker["buffer_octets"] for worker in status["path"]["workers"])
        return {"descriptors": len(os.listdir(f"/proc/{self.process.pid}/fd")), "rss": rss - pools, "pools": pools,
                "heap": max(0, status["process"].get("heap", 0) - pools)}

    def compare(self, usage, round_began):
        """Notes what has grown since this process was first at rest after a whole round. Returns a line of
        words. The heap's part that is not in per cent is for what is remembered for a minute or two."""
        first = self.plateau or usage
        if self.started <= round_began:
            self.plateau = first
        limits = {"descriptors": first["descriptors"], "heap": first["heap"] * 1.03 + (1 << 18),
                  "rss": first["rss"] * (1.3 if self.sanitized else 1.05) + (1 << (25 if self.sanitized else 20))}
        for name, limit in limits.items():
            if usage[name] > limit:
                self.problems.append(f"{self.ns}: {name} grew from {first[name]} to {usage[name]}")
                if name == "descriptors":
                    self.problems.append(f"{self.ns}: open are {self.sockets()}")
        return " ".join(f"{name} {usage[name]} ({usage[name] - first[name]:+})" for name in usage)

    def sockets(self):
        """Its sockets in words, and how many other descriptors it has."""
        folder, inodes, others = f"/proc/{self.process.pid}/fd", set(), collections.Counter()
        for number in os.listdir(folder):
            target = os.readlink(os.path.join(folder, number))
            if target.startswith("socket:"):
                inodes.add(target[8:-1])
            else:
                others[target] += 1
        lines = self.lab.run(self.ns, "ss", "-Hanep").splitlines()
        known = [" ".join(line.split()[:6]) for line in lines
                 if set(re.findall(r"ino:(\d+)", line)) & inodes]
        return f"{len(inodes)} sockets, of them {known}; {dict(others)}"

    # ---- what it said
    def read_log(self, mutated):
        """Looks at the new lines for what nobody expected."""
        expected = EXPECTED + (EXPECTED_MUTATED if mutated else [])
        with open(self.lab.path(f"reflectord-{self.ns}.log"), errors="replace") as f:
            f.seek(self.log_read)
            lines = f.readlines()
            self.log_read = f.tell()
        for number, line in enumerate(lines):
            if re.search(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error", line):
                self.problems.append(f"{self.ns}: " + "".join(lines[number:number + 40]))
                return
            if re.search(r" (WARNING|ERROR|FATAL|CRITICAL) |-CRITICAL|-WARNING|assert", line) and not any(
                    re.search(pattern, line) for pattern in expected):
                self.problems.append(f"{self.ns} said: {line.strip()}")
