"""Headless Chromium, driven over the DevTools protocol: what a test needs of a browser."""

import base64
import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 180.0  # seconds for a page, or the browser, to come to a state
SIZE = (1140, 1000)


@contextmanager
def chromium(folder: Path):
    """Yield a page of a browser whose profile lies in a folder; end it, whatever happens."""
    from websocket import create_connection

    flags = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--remote-debugging-port=0", "--remote-allow-origins=*",
        f"--user-data-dir={folder}", f"--window-size={SIZE[0]},{SIZE[1]}",
    ]  # fmt: skip
    process = subprocess.Popen(
        [CHROMIUM, *flags, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        port = until(lambda: _port(folder / "DevToolsActivePort"), "the browser answers")
        address = until(lambda: _page_address(port), "the browser has a page")
        connection = create_connection(address, timeout=PATIENCE, suppress_origin=True)
        try:
            yield Page(connection)
        finally:
            connection.close()
    finally:
        _end(process)


class Page:
    """A page: what it is told, what it shows, and what it complained about."""

    def __init__(self, connection):
        self.connection, self.count, self.complaints, self.asked = connection, 0, [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        """Send a command and return its result; what happens meanwhile is noted."""
        self.count += 1
        number = self.count
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.connection.recv())
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            self._note(message.get("method"), message.get("params", {}))

    def _note(self, method, event):
        if method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.complaints.append([x.get("value", x.get("description")) for x in event["args"]])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(event["exceptionDetails"])
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.complaints.append(event["entry"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(event["request"]["url"])

    def run(self, code):
        """Return what an expression of JavaScript gives."""
        result = self.send("Runtime.evaluate", expression=code, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, x, y):
        """Click at a place of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def drag(self, x, y, across):
        """Drag from a place of the window to the right."""
        steps = [("mousePressed", 0)] + [("mouseMoved", across * n / 5) for n in range(6)]
        for kind, moved in [*steps, ("mouseReleased", across)]:
            self.send(
                "Input.dispatchMouseEvent", type=kind, x=x + moved, y=y, button="left", buttons=1,
                clickCount=1,
            )  # fmt: skip

    def write(self, text):
        """Type into what has the focus, over what stands there, and press Enter."""
        self.send("Input.dispatchKeyEvent", type="keyDown", commands=["selectAll"])
        self.send("Input.insertText", text=text)
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        self.send("Input.dispatchKeyEvent", type="keyDown", **key)
        self.send("Input.dispatchKeyEvent", type="keyUp", **key)

    def picture(self, path):
        """Write a screenshot."""
        data = self.send("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(data))


def until(condition, what):
    """Return the first true value of a condition.

    Raises `AssertionError` if there is none in time.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:g} s in vain until {what}")


def _port(path):
    return path.exists() and (path.read_text().split("\n") or [""])[0]


def _page_address(port):
    from urllib.request import urlopen

    try:
        with urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
            pages = json.load(answer)
    except OSError:
        return None
    return next((x["webSocketDebuggerUrl"] for x in pages if x["type"] == "page"), None)


def _end(process):
    """End the browser with all its processes, which share its session."""
    import os
    import signal

    with_all = os.getpgid(process.pid) == process.pid
    try:
        os.killpg(process.pid, signal.SIGKILL) if with_all else process.kill()
    except ProcessLookupError:
        pass
    process.wait(30)
