# SPDX-License-Identifier: LGPL-2.1-or-later
"""The roster of a room (RFC 4575) that two linked reflectors share: what a subscriber at either of them puts together
from full and partial states is the same, and is who is there. And phones that see `isfocus`."""
import time
import xml.etree.ElementTree as ET

from lab import Ua, main
from lab.phones import Baresip, Linphone
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
ANNA = ("anna", "ext1", "203.0.113.11", R1)
BEN = ("ben", "ext2", "203.0.113.12", R1)
CARL = ("carl", "priv1", "192.168.10.11", R2)
DORA = ("dora", "priv2", "192.168.10.12", R2)
NS = "{urn:ietf:params:xml:ns:conference-info}"


def subscribe(call):
    """Inside of the call's dialog."""
    with call.engine.cond:
        call.cseq += 1
        headers = call._headers("SUBSCRIBE", call.cseq) + [("Event", "conference"), ("Expires", "600")]
        if not any(name == "Contact" for name, _ in headers):
            headers.append(("Contact", call.ua.contact))
        call.ua.send_request("SUBSCRIBE", call.target, headers, on_response=lambda message: None)


class Roster:
    """What a subscriber knows, RFC 4575 §4.4: {user: {endpoint: status}}."""

    def __init__(self, ua):
        self.ua, self.seen, self.version, self.users, self.count, self.problems = ua, 0, -1, {}, 0, []
        self.times, self.order = [], []

    def read(self):
        for at, message in self.ua.requests[self.seen:]:
            self.seen += 1
            if message.method == "NOTIFY" and message.body and message.cseq not in self.order:
                self.order.append(message.cseq)
                self.times.append(at)
                self._merge(ET.fromstring(message.body))
        return self

    def _merge(self, root):
        version, full = int(root.get("version")), root.get("state") == "full"
        if version != self.version + 1:
            self.problems.append(f"version {version} after {self.version}")
        self.version = version
        if full:
            self.users = {}
        self.count = int(root.find(f"{NS}conference-state/{NS}user-count").text)
        for user in root.iter(f"{NS}user"):
            if user.get("state") == "deleted":
                self.users.pop(user.get("entity"), None)
            else:
                self.users[user.get("entity")] = {e.get("entity"): e.find(f"{NS}status").text
                                                  for e in user.iter(f"{NS}endpoint")}

    def names(self):
        return sorted(user.split(":")[1].split("@")[0] for user in self.users)


def wait_for_names(lab, rosters, names, what):
    lab.engine.wait(lambda: all(r.read().names() == names for r in rosters), 10, what)


def merged(lab, tap):
    """subscribers at both reflectors put the same roster together"""
    Reflector(lab, "r1", R1, peers=[R2])
    Reflector(lab, "r2", R2, peers=[R1])
    users = {spec[0]: Ua(lab, *spec) for spec in (ANNA, BEN, CARL, DORA)}
    calls = {name: users[name].call("room", tone=440) for name in ("anna", "carl")}
    rosters = [Roster(users["anna"]), Roster(users["carl"])]
    for name in calls:
        subscribe(calls[name])
    wait_for_names(lab, rosters, ["anna", "carl"], "both in both rosters")
    calls["dora"] = users["dora"].call("room", tone=700)
    calls["ben"] = users["ben"].call("room", tone=1000)
    second = users["ben"].call("room", tone=1500)
    wait_for_names(lab, rosters, ["anna", "ben", "carl", "dora"], "four in both rosters")
    lab.engine.wait(lambda: all(sorted(map(len, r.read().users.values())) == [1, 1, 1, 2] for r in rosters), 10,
                    "ben's two calls")
    tap.ok(rosters[0].users == rosters[1].users, "the same users and endpoints at both", *(r.users for r in rosters))
    tap.ok({r.count for r in rosters} == {4}, "and four users are counted", [r.count for r in rosters])
    calls["ben"].reinvite("sendonly")
    lab.engine.wait(lambda: all("on-hold" in str(r.read().users) for r in rosters), 10, "ben holds in both")
    tap.ok(rosters[0].users == rosters[1].users, "the same at both while ben holds")
    calls["ben"].hangup()
    second.hangup()
    calls["dora"].hangup()
    wait_for_names(lab, rosters, ["anna", "carl"], "two left in both rosters")
    tap.ok(rosters[0].users == rosters[1].users, "the same at both when two have left")
    for name, roster in zip(("anna", "carl"), rosters):
        tap.ok(not roster.problems, f"{name}: no version is missing", *roster.problems)
        tap.ok(len(roster.times) < 12, f"{name}: what comes together is told together", len(roster.times))
    calls["anna"].hangup()
    lab.engine.wait(lambda: any("terminated;reason=noresource" in m.get("subscription-state")
                                for _, m in users["anna"].requests), 5, "the subscription ends with the call")


def phones(lab, tap):
    """baresip and linphonec bear isfocus in the Contact"""
    reflector = Reflector(lab, "r1", R1)
    baresip = Baresip(lab, "anna", "ext1", "203.0.113.11", R1, 440)
    linphone = Linphone(lab, "ben", "ext2", "203.0.113.12", R1, 700)
    baresip.call("duo")
    linphone.call("duo")
    time.sleep(6)
    calls = reflector.status()["plugins"] if "plugins" in reflector.status() else reflector.status()
    sip = calls["sip"]
    print(f"# subscriptions: {sip['conference']}")
    tap.ok(sip["count"] == 2, "both calls are up", sip["count"])
    linphone.hangup()
    baresip.hangup()


main(merged, phones)
