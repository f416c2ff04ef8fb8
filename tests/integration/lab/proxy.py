# SPDX-License-Identifier: LGPL-2.1-or-later
"""kamailio as a record-routing proxy in front of a reflector. Not a registrar, and no media."""
import os

from .net import HERE, wait_for
from .phones import need


class Proxy:
    """Listens on port 5060 of `ip` by UDP and TCP; relays calls to `reflector`."""

    def __init__(self, lab, ns, ip, reflector):
        need("kamailio")
        folder = lab.path("kamailio")
        os.makedirs(folder, exist_ok=True)
        lab.start(ns, ["kamailio", "-DD", "-E", "-f", os.path.join(HERE, "proxy.cfg"), "-A", f'REFLECTOR="{reflector}"',
                       "-l", f"udp:{ip}:5060", "-l", f"tcp:{ip}:5060", "-m", "32", "-M", "4",
                       "-P", os.path.join(folder, "pid"), "-Y", folder], "kamailio")
        wait_for(lambda: self.listens(lab, ns), 10, "kamailio starts")

    @staticmethod
    def listens(lab, ns):
        return len(lab.run(ns, "ss", "-Hlnut", "sport = :5060").splitlines()) >= 2
