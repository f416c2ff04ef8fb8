# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the integration tests are written with: namespaces, reflectors, phones, a SIP client of
our own that records every packet, TAP. Standard library only. Not a test itself."""
from .tap import Tap, main
from .net import Lab, Skip
from .engine import Engine
from .ua import Ua
from .pcap import Capture
