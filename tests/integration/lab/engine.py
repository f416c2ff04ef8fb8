# SPDX-License-Identifier: LGPL-2.1-or-later
"""One thread that serves all sockets and timers of a test. Callbacks run under its lock; the
test's own thread takes the same lock and waits for what it wants to see. Knows no protocol."""
import heapq
import itertools
import os
import selectors
import sys
import threading
import time
import traceback


class Engine:
    def __init__(self):
        self.cond = threading.Condition(threading.RLock())
        self.selector = selectors.DefaultSelector()
        self.timers = []
        self.serial = itertools.count()
        self.running = True
        self.errors = []
        self.wake_r, self.wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.selector.register(self.wake_r, selectors.EVENT_READ, lambda: os.read(self.wake_r, 4096))
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()

    # ---- for callbacks and tests
    def watch(self, sock, callback):
        sock.setblocking(False)
        with self.cond:
            self.selector.register(sock, selectors.EVENT_READ, callback)
        self._wake()

    def unwatch(self, sock):
        with self.cond:
            self.selector.unregister(sock)

    def at(self, when, callback, *args):
        """Calls at time.monotonic() == when. Returns a timer for cancel()."""
        timer = [when, next(self.serial), callback, args]
        with self.cond:
            heapq.heappush(self.timers, timer)
        self._wake()
        return timer

    def later(self, delay, callback, *args):
        return self.at(time.monotonic() + delay, callback, *args)

    def cancel(self, timer):
        if timer:
            timer[2] = None

    def wait(self, predicate, timeout, what):
        """Waits until predicate(), looked at after each event. Returns its value."""
        with self.cond:
            end = time.monotonic() + timeout
            while True:
                if self.errors:
                    raise RuntimeError(f"in the engine: {self.errors[0]}")
                value = predicate()
                if value:
                    return value
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{what}: not within {timeout} s")
                self.cond.wait(left)

    def stop(self):
        self.running = False
        self._wake()
        self.thread.join(5)
        for key in list(self.selector.get_map().values()):
            if hasattr(key.fileobj, "close"):
                key.fileobj.close()
        self.selector.close()
        os.close(self.wake_r)
        os.close(self.wake_w)

    # ---- the thread
    def _wake(self):
        if threading.current_thread() is not self.thread:
            try:
                os.write(self.wake_w, b"x")
            except BlockingIOError:
                pass

    def _call(self, callback, *args):
        try:
            callback(*args)
        except Exception:  # shown to the next one who waits
            self.errors.append(traceback.format_exc())
            print(self.errors[-1], file=sys.stderr)

    def _loop(self):
        while self.running:
            with self.cond:
                pause = max(0, self.timers[0][0] - time.monotonic()) if self.timers else 1
            ready = self.selector.select(pause)
            with self.cond:
                for key, _ in ready:  # of which one may have been closed meanwhile
                    if self.selector.get_map().get(key.fd) is key:
                        self._call(key.data)
                while self.timers and self.timers[0][0] <= time.monotonic():
                    _, _, callback, args = heapq.heappop(self.timers)
                    if callback:
                        self._call(callback, *args)
                self.cond.notify_all()
