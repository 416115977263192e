# Licensed under a 3-clause BSD style license - see LICENSE
"""The tool that looks at the built pages finds what is wrong with a page, and nothing else."""

import shutil

import pytest

from tools.check_browser import complaint, look_at

BROWSER = shutil.which("chromium") or ""

RIGHT = """
<!DOCTYPE html><html data-theme="light"><head><link rel="icon" href="a.svg">
<script>
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
</script></head><body>
<a href="#here">1</a><a href="sub/two.html#there">2</a><a href="sub/">3</a>
<a href="https://example.org/x#y">4</a><p id="here"><img src="a.svg" alt="A square."></p>
</body></html>
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'


@pytest.fixture
def site(tmp_path):
    """Make a site of three pages in which all is right."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(RIGHT, encoding="utf-8")
    two = RIGHT.replace("sub/", "../sub/").replace('"a.svg"', '"../a.svg"')
    (tmp_path / "sub" / "two.html").write_text(f'{two}<b id="there">', encoding="utf-8")
    (tmp_path / "sub" / "index.html").write_text(two, encoding="utf-8")
    (tmp_path / "a.svg").write_text(PICTURE, encoding="utf-8")
    return tmp_path


def spoil(site, old, new):
    """Change the first page."""
    page = site / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("Runtime.exceptionThrown", {"exceptionDetails": {"text": "Uncaught"}}, "error: Uncaught"),
        ("Runtime.consoleAPICalled", {"type": "error", "args": [{"value": "x"}]}, "console: x"),
        ("Runtime.consoleAPICalled", {"type": "log", "args": [{"value": "x"}]}, ""),
        ("Log.entryAdded", {"entry": {"level": "error", "text": "404", "url": "u"}}, "log: 404 u"),
        ("Log.entryAdded", {"entry": {"level": "info", "text": "fine"}}, ""),
        ("Network.requestWillBeSent", {"request": {"url": "http://a/x"}}, ""),
        ("Network.requestWillBeSent", {"request": {"url": "http://ab/"}}, "asks http://ab/"),
        ("Page.loadEventFired", {}, ""),
    ],
)
def test_events_of_the_browser(method, params, said):
    """Errors and requests to other sites count; all else does not."""
    assert complaint({"method": method, "params": params}, "http://a") == said


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER, reason="needs Chromium on the PATH")
def test_a_browser_sees_what_is_wrong(site):
    """A right site passes; a wide box, a missing image and an error in a script are told."""
    assert look_at(site, BROWSER) == []
    spoil(site, "</body>", "<pre style='width: 3000px'>wide</pre><img src='no.svg' alt='x'></body>")
    spoil(site, "</head>", "<script>throw Error('no')</script></head>")

    said = {line.partition(": ")[2].partition("http")[0] for line in look_at(site, BROWSER)}
    assert {"HTML is 3008 wide, in 390", "no image ", "error: Uncaught"} <= said
