# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of a room in a browser without a window: a file is put and seen to come, others' are listed and fetched, what is
one's own is deleted, what cannot be is said. LAB_SHOTS names a folder for pictures of it at two widths."""
import hashlib
import hmac
import os

from lab import Ua, main
from lab.browser import Browser
from lab.net import wait_for
from lab.reflector import Reflector

R1 = "10.11.12.13"
NAME = "Übersicht & <b>Plan.pdf"


class Page(Browser):
    """What a person sees and does."""

    def __init__(self, lab, ns, url):
        super().__init__(lab, ns)
        self.resize(1280, 900)
        self.open(url)

    def text(self, id):
        return self.script("const it = document.getElementById(arguments[0]); return it ? it.innerText : ''", id)

    def rows(self):
        return self.script("return [...document.querySelectorAll('#files .name')].map(e => e.textContent)")

    def give(self, path):
        self.choose("#choose", path)

    def click_delete(self):
        self.script("document.querySelector('#files button').click()")

    def fits(self, name, width):
        """Whether nothing is cut off at this width; with a picture of it."""
        folder = os.environ.get("LAB_SHOTS")
        self.resize(width, 900)
        if folder:
            self.picture(os.path.join(folder, name))
        return self.script("return document.documentElement.scrollWidth <= window.innerWidth")


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
    seen.give(path)
    wait_for(lambda: seen.rows() == [NAME], 20, "the file in the list")
    tap.ok(True, "a file that is chosen comes, by its own name and nothing else's")
    tap.ok("Everybody in the room can fetch it now." in seen.text("uploads"), "and it says so", seen.text("uploads"))
    seen.give(big)
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
    third = lab.path("dropped.txt")
    with open(third, "w") as f:
        f.write("dropped")
    seen.drag("#drop", third, "dragEnter", "dragOver")
    tap.ok(seen.script("return document.getElementById('drop').classList.contains('over')"), "its place shows where to drop a file")
    seen.drag("#drop", third, "drop")
    wait_for(lambda: seen.rows() == [NAME, "other.txt", "dropped.txt"], 10, "the dropped file")
    seen.drag("h1", other, "dragEnter", "dragOver", "drop")
    tap.ok(seen.script("return location.href") == base and seen.text("room") == "board-7",
           "a file that is dropped comes; beside the place it does not end the page")
    for width, name in ((1280, "page-wide.png"), (360, "page-narrow.png")):
        tap.ok(seen.fits(name, width), f"nothing is cut off at {width} pixels")
    errors = seen.script("return performance.getEntriesByType('resource').map(e => e.name)"
                         ".filter(name => !name.startsWith(location.origin) && !name.startsWith('data:'))")
    tap.ok(errors == [], "it asks nobody else for anything", errors)
    seen.click_delete()
    wait_for(lambda: seen.rows() == ["other.txt", "dropped.txt"], 10, "the end of the file")
    tap.ok(True, "one's own is deleted")
    call.hangup()
    wait_for(lambda: "Nobody is in this room" in seen.text("state"), 10, "word of the empty room")
    tap.ok(True, "when everybody has left it says so")
    it.stop()
    wait_for(lambda: "does not answer" in seen.text("state"), 10, "word of the end")
    tap.ok(True, "and when the reflector is gone")

main(page)
