# Licensed under a 3-clause BSD style license - see LICENSE
"""
Look at every built page in a real browser: wide and narrow, light and dark.

Run ``python tools/check_browser.py docs/_build/html`` after the pages are built. It needs Chromium
on the PATH (Debian's package ``chromium``), and says so where it is missing. A page is wrong if it
writes an error to the console, misses an image, asks another site, or is wider than the window.

The browser is driven through its own protocol, over a pair of pipes: no other package is needed.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

WIDTHS = (1280, 390)
THEMES = ("light", "dark")

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
#: The browser reads from descriptor 3 and writes to 4; the shell puts our pipes there.
_PIPES = 'exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'
#: The longest that one answer or one page may take, in seconds.
_SECONDS = 30
_HEIGHT = 900

#: What is wrong with the page that is shown.
_LOOK = """
(async () => {
  const wrong = [];
  const images = [...document.images];
  images.forEach((image) => { image.loading = "eager"; });
  await Promise.allSettled(images.map((image) => image.decode()));
  for (const image of images)
    if (!image.complete || image.naturalWidth === 0) wrong.push(`no image ${image.src}`);
    else if (!image.alt.trim()) wrong.push(`no alternative text for ${image.src}`);
  const boxes = [document.documentElement, ...document.querySelectorAll(".bd-article-container")];
  for (const box of boxes)
    if (box.scrollWidth > box.clientWidth + 1)
      wrong.push(`${box.tagName} is ${box.scrollWidth} wide, in ${box.clientWidth}`);
  if (document.documentElement.dataset.theme !== THEME) wrong.push("the theme is another");
  return wrong;
})()
"""


class Browser:
    """A browser without a window, and one page in it."""

    def __init__(self, program: str, profile: str) -> None:
        command = ["/bin/sh", "-c", _PIPES, program, *_SWITCHES, f"--user-data-dir={profile}"]
        theirs, self._writer = os.pipe()
        self._reader, also_theirs = os.pipe()
        self._process = subprocess.Popen(command, stdin=theirs, stdout=also_theirs)
        os.close(theirs)
        os.close(also_theirs)
        self._buffer = b""
        self._count = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        answer = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = answer["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """Send a command, and wait for its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        answer = self._wait_for("id", self._count)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def show(self, url: str, width: int, theme: str) -> list[str]:
        """Show a page, and find what is wrong with it."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=_HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.ask("Emulation.setEmulatedMedia", features=[feature])
        self.events.clear()
        self.ask("Page.navigate", url=url)
        self._wait_for("method", "Page.loadEventFired")
        look = _LOOK.replace("THEME", json.dumps(theme))
        said = self.ask("Runtime.evaluate", expression=look, awaitPromise=True, returnByValue=True)
        root = "/".join(url.split("/")[:3])
        complaints: list[str] = said["result"]["value"]
        return complaints + [wrong for event in self.events if (wrong := complaint(event, root))]

    def close(self) -> None:
        """End the browser."""
        with suppress(OSError, RuntimeError, TimeoutError):
            self._session = ""
            self.ask("Browser.close")
        self._process.terminate()
        self._process.wait(_SECONDS)
        os.close(self._writer)
        os.close(self._reader)

    def _wait_for(self, key: str, value: object) -> dict[str, Any]:
        """Read messages until one has this value; events on the way are kept."""
        end = time.monotonic() + _SECONDS
        while True:
            message = self._read(end)
            if "method" in message:
                self.events.append(message)
            if message.get(key) == value:
                return message

    def _read(self, end: float) -> dict[str, Any]:
        """Read one message."""
        while b"\0" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._reader], [], [], left)[0]:
                raise TimeoutError(f"The browser said nothing for {_SECONDS} s.")
            piece = os.read(self._reader, 65_536)
            if not piece:
                raise RuntimeError("The browser ended.")
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


def complaint(event: dict[str, Any], root: str) -> str:
    """Find what is wrong in an event of the browser."""
    params = event.get("params", {})
    match event["method"]:
        case "Runtime.exceptionThrown":
            return f"error: {params['exceptionDetails'].get('text')}"
        case "Runtime.consoleAPICalled" if params["type"] in {"error", "assert"}:
            words = " ".join(str(part.get("value", "?")) for part in params["args"])
            return f"console: {words}"
        case "Log.entryAdded" if params["entry"]["level"] == "error":
            return f"log: {params['entry']['text']} {params['entry'].get('url', '')}"
        case "Network.requestWillBeSent":
            address: str = params["request"]["url"]
            return "" if address.startswith((f"{root}/", "data:")) else f"asks {address}"
    return ""


class _Quiet(SimpleHTTPRequestHandler):
    """Serve files, and say nothing."""

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def look_at(folder: Path, program: str) -> list[str]:
    """Look at every page of a folder."""
    pages = [path.relative_to(folder).as_posix() for path in find_pages(folder)]
    complaints = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, serve(folder) as root:
        browser = Browser(program, profile)
        try:
            for page, width, theme in product(pages, WIDTHS, THEMES):
                complaints += [
                    f"{page}, {width}, {theme}: {wrong}"
                    for wrong in browser.show(f"{root}/{page}", width, theme)
                ]
        finally:
            browser.close()
    return complaints


def find_pages(folder: Path) -> list[Path]:
    """List the pages of a folder."""
    return [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]


def main(folder: str = "docs/_build/html") -> int:
    """Look at a site."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        print("There is no Chromium here: nobody has looked at the pages.")
        return 0
    root = Path(folder).resolve()
    complaints = look_at(root, program)
    count = len(find_pages(root))
    print("\n".join(complaints) or f"{count} pages, {WIDTHS} pixels, {THEMES}: right")
    return bool(complaints) or not count


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
