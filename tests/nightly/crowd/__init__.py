# SPDX-License-Identifier: LGPL-2.1-or-later
"""What churn.py is made of: people who call, what goes wrong around them, and what is watched. Built
on tests/integration/lab. Not a test itself."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../integration"))
