# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chromium without a window in a namespace, told what to do over its pipe (DevTools protocol): no driver between that could be of
another mind. Knows no page."""
import base64
import json
import os
import select
import shutil
import time

from .net import Skip

PATIENCE = 30


class Browser:
    """One tab."""

    def __init__(self, lab, ns):
        if not shutil.which("chromium"):
            raise Skip("needs chromium")
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()
        self.rest, self.number, self.session = b"", 0, None
        # it reads from descriptor 3 and writes to 4
        lab.start(ns, ["bash", "-c", f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$@"', "bash", "chromium", "--headless=new",
                       "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                       "--disable-background-networking", "--lang=en", f"--user-data-dir={lab.path('chromium')}",
                       "about:blank"], "chromium", pass_fds=(theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)
        lab.defer(self.quit)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _read(self, until):
        while b"\0" not in self.rest:
            if not select.select([self.inp], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self.inp, 1 << 16)
            if not data:
                raise RuntimeError("the browser has ended")
            self.rest += data
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        """One command. Returns its result; what is told unasked is thrown away."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._read(until)
            if answer.get("id") == self.number:
                break
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url):
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise RuntimeError(f"{url}: {answer['errorText']}")

    def script(self, text, *arguments):
        """The body of a function. Returns what it returns, or what its promise comes to."""
        answer = self.call("Runtime.evaluate", returnByValue=True, awaitPromise=True,
                           expression=f"(function () {{ {text} }}).apply(null, {json.dumps(arguments)})")
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        return answer["result"].get("value")

    def choose(self, selector, path):
        """A file for an <input>, as a person would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[path])

    def drag(self, selector, path, *steps):
        """A file over the middle of an element: dragEnter, dragOver, drop, dragCancel."""
        x, y = self.script("const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                           "return [box.x + box.width / 2, box.y + box.height / 2]", selector)
        for step in steps:
            self.call("Input.dispatchDragEvent", type=step, x=x, y=y,
                      data={"items": [], "files": [path], "dragOperationsMask": 1})

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def quit(self):
        self.session = None
        try:
            self.call("Browser.close")
        except (OSError, RuntimeError, TimeoutError):
            pass  # it has gone already
        os.close(self.inp)
        os.close(self.out)
