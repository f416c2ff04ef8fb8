# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of a room in a browser without a window: a file is put and seen to come, others' are listed and fetched, what is
one's own is deleted, what cannot be is said. LAB_SHOTS names a folder for pictures of it at two widths."""
import hashlib
import hmac
import os
import shutil
import sys

sys.path += [p for p in ("/usr/lib/python3/dist-packages",) if p not in sys.path]  # where the system has it

from lab import Ua, main
from lab.net import Skip, inside, wait_for
from lab.reflector import Reflector

R1 = "10.11.12.13"
NAME = "Übersicht & <b>Plan.pdf"


def browser(lab, ns, width, height):
    """Chromium in a namespace, by its driver there."""
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
    except ImportError:
        raise Skip("needs python3-selenium") from None
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        raise Skip("needs chromium and chromium-driver")
    log = lab.path("driver.log")
    # the driver is reached in its own namespace, which is this process's for the time of a call
    lab.start(ns, ["chromedriver", "--port=9515", "--allowed-ips=", "--allowed-origins=*"], "driver")
    wait_for(lambda: "started successfully" in open(log).read(), 20, "the driver")
    options = Options()
    options.binary_location = shutil.which("chromium")
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 f"--window-size={width},{height}", f"--user-data-dir={lab.path('chromium')}",
                 "--disable-background-networking", "--lang=en"):
        options.add_argument(word)
    with inside(lab.ns(ns)):
        return webdriver.Remote("http://127.0.0.1:9515", options=options)


class Page:
    """What a person sees and does. Every call goes to the driver from inside of its namespace."""

    def __init__(self, lab, ns, url):
        self.inside = lambda: inside(lab.ns(ns))
        self.lab = lab
        self.remote = browser(lab, ns, 1280, 900)
        lab.defer(self.quit)
        from selenium.webdriver.remote.file_detector import UselessFileDetector
        with self.inside():
            self.remote.get(url)
        self.remote.file_detector = UselessFileDetector()  # its files are the browser's

    def script(self, text, *arguments):
        with self.inside():
            return self.remote.execute_script(text, *arguments)

    def text(self, id):
        return self.script("return document.getElementById(arguments[0]).innerText", id)

    def rows(self):
        return self.script("return [...document.querySelectorAll('#files .name')].map(e => e.textContent)")

    def choose(self, path):
        with self.inside():
            self.remote.find_element("id", "choose").send_keys(path)


    def click_delete(self):
        self.script("document.querySelector('#files button').click()")

    def picture(self, name, width):
        folder = os.environ.get("LAB_SHOTS")
        with self.inside():
            self.remote.set_window_size(width, 900)
            wide = self.remote.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
            if folder:
                self.remote.save_screenshot(os.path.join(folder, name))
        return wide

    def quit(self):
        with self.inside():
            self.remote.quit()


def token(lab, room):
    with open(lab.path("spool", "page-key"), "rb") as f:
        return hmac.new(f.read(), room.encode(), hashlib.sha256).hexdigest()[:32]


def page(lab, tap):
    """a browser with the room's link gives a file, sees others', deletes its own"""
    it = Reflector(lab, "r1", R1, conf=f'control: {{ }};\nfiles: {{ spool = "{lab.path("spool")}"; spare = 0; max_file = 2; }};\n')
    call = Ua(lab, "alice", "ext1", "203.0.113.11", R1).call("board-7", tone=440)
    base = f"http://{R1}:5565/page/{token(lab, 'board-7')}/"
    path = lab.path(NAME)
    with open(path, "wb") as f:
        f.write(os.urandom(1 << 20))
    big = lab.path("too large.bin")
    with open(big, "wb") as f:
        f.truncate(3 << 20)
    seen = Page(lab, "ext2", base)
    wait_for(lambda: seen.text("room") == "board-7", 20, "the room's name")
    tap.ok(seen.text("empty") == "Nothing yet.", "it is empty at first")
    seen.choose(path)
    wait_for(lambda: seen.rows() == [NAME], 20, "the file in the list")
    tap.ok(True, "a file that is chosen comes, by its own name and nothing else's")
    tap.ok("Everybody in the room can fetch it now." in seen.text("uploads"), "and it says so", seen.text("uploads"))
    seen.choose(big)
    wait_for(lambda: "larger than" in seen.text("uploads"), 10, "a refusal")
    tap.ok(True, "one that is too large is refused with the reason")
    other = lab.path("other")
    with open(other, "wb") as f:
        f.write(b"from curl")
    put = lab.run("ext1", "curl", "-sS", "-T", other, base + "files/other.txt")
    wait_for(lambda: seen.rows() == [NAME, "other.txt"], 10, "another one's file")
    tap.ok('"owner_key"' in put, "what others put comes by itself")
    got = seen.script("return (async () => await (await fetch(document.querySelectorAll('#files a')[1].href)).text())()")
    tap.ok(got == "from curl", "and is fetched by its link", got)
    buttons = seen.script("return document.querySelectorAll('#files button').length")
    tap.ok(buttons == 1, "only one's own can be deleted", buttons)
    for width, name in ((1280, "page-wide.png"), (360, "page-narrow.png")):
        tap.ok(seen.picture(name, width), f"nothing is cut off at {width} pixels")
    errors = seen.script("return performance.getEntriesByType('resource').map(e => e.name)"
                         ".filter(name => !name.startsWith(location.origin) && !name.startsWith('data:'))")
    tap.ok(errors == [], "it asks nobody else for anything", errors)
    seen.click_delete()
    wait_for(lambda: seen.rows() == ["other.txt"], 10, "the end of the file")
    tap.ok(True, "one's own is deleted")
    call.hangup()
    wait_for(lambda: "Nobody is in this room" in seen.text("state"), 10, "word of the empty room")
    tap.ok(True, "when everybody has left it says so")
    it.stop()
    wait_for(lambda: "does not answer" in seen.text("state"), 10, "word of the end")
    tap.ok(True, "and when the reflector is gone")

main(page)
