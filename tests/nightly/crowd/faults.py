# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong around the people: a reflector dies or is stopped, the link loses, doubles, delays
and swaps, cables are pulled. Everything can be made good again: see calm()."""
import re
import time

ROUTES = {("r1", "eth1"), ("r2", "eth0"), ("r2", "eth1"), ("r1", "eth0")}
CALM = {"delay": 1, "loss": 0, "dup": 0, "reorder": 0, "mutate": 0}


class Cable:
    """One interface of a reflector that goes down and comes back as it was."""

    def __init__(self, lab, ns, interface):
        self.lab, self.ns, self.interface = lab, ns, interface
        lines = lab.run(ns, "ip", "route", "show", "dev", interface).splitlines()
        # those through a gateway need the ones to the gateway first
        self.routes = sorted((re.sub(r" (proto|scope|metric) \S+", "", line).split() for line in lines),
                             key=lambda words: "via" in words)
        self.up = True

    def pull(self):
        self.up = False
        self.lab.run(self.ns, "ip", "link", "set", self.interface, "down")

    def plug(self):
        if self.up:
            return
        self.lab.run(self.ns, "ip", "link", "set", self.interface, "up")
        for route in self.routes:
            self.lab.run(self.ns, "ip", "route", "replace", *route, "dev", self.interface, check=False)
        self.up = True


class Faults:
    """`sites`: the reflectors by name. One fault at a time besides the weather of the link."""

    def __init__(self, lab, sites, random, tell):
        self.lab, self.sites, self.random, self.tell = lab, sites, random, tell
        self.lab.run("r1", "sysctl", "-qw", "net.ipv6.conf.eth0.keep_addr_on_down=1")
        for name in sorted(sites):  # whoever calls back a phone that is gone gives up within seconds
            lab.run(name, "sysctl", "-qw", "net.ipv4.tcp_syn_retries=2")
        self.cables = [Cable(lab, *where) for where in sorted(ROUTES)]
        self.pending = []  # (time, function) that ends a fault
        self.done = {}
        self.mutated = False  # whether the weather ever changed octets in this round

    def tick(self, now):
        due = [entry for entry in self.pending if entry[0] <= now]
        self.pending = [entry for entry in self.pending if entry[0] > now]
        for _, function in due:
            function()

    def later(self, seconds, function):
        self.pending.append((time.monotonic() + seconds, function))

    def act(self, may_die):
        """One fault; `may_die`: names of the reflectors that may be stopped now."""
        kinds = ["weather"] * 4 + ["cut", "reload", "reload", "flap"]
        kinds += [kind for _ in may_die for kind in ("kill", "kill", "restart")]
        kind = self.random.choice(kinds)
        self.done[kind] = self.done.get(kind, 0) + 1
        if kind in ("kill", "restart"):
            self.stop(self.random.choice(sorted(may_die)), kind)
        else:
            getattr(self, kind)()

    def calm(self):
        """Good weather, every cable in, every reflector running."""
        self.tick(float("inf"))
        for cable in self.cables:
            cable.plug()
        self.lab.wire(**CALM)
        for site in self.sites.values():
            if not site.running:
                site.start()

    # ---- faults
    def weather(self):
        choose = self.random.choice
        now = {"delay": choose((1, 1, 5, 20, 60)), "loss": choose((0, 0, 1, 5, 20)),
               "dup": choose((0, 0, 5, 20)), "reorder": choose((0, 0, 5, 20)), "mutate": choose((0, 0, 0, 1, 5))}
        self.tell("link: " + " ".join(f"{name} {value}" for name, value in now.items()))
        self.mutated |= now["mutate"] > 0
        self.lab.wire(**now)

    def cut(self):
        seconds = self.random.choice((1, 3, 7))
        self.tell(f"link: cut for {seconds} s")
        self.lab.wire(loss=100)
        self.later(seconds, lambda: self.lab.wire(loss=0))

    def flap(self):
        cable = self.random.choice(self.cables)
        seconds = self.random.choice((0.1, 1, 4))
        self.tell(f"{cable.ns} {cable.interface}: down for {seconds} s")
        cable.pull()
        self.later(seconds, cable.plug)

    def reload(self):
        site = self.sites[self.random.choice(sorted(self.sites))]
        if site.running:
            self.tell(f"{site.ns}: SIGHUP")
            site.reload()

    def stop(self, name, how):
        """kill -9 or SIGTERM; back after a while, sometimes at once."""
        site = self.sites[name]
        if not site.running:
            return
        seconds = self.random.choice((0, 0.5, 3, 8))
        self.tell(f"{name}: {how}, back after {seconds} s")
        site.kill() if how == "kill" else site.terminate()
        self.later(seconds, lambda: site.running or site.start())
