# Licensed under a 3-clause BSD style license - see LICENSE
"""
Check the built pages: links, anchors, images, and what they load from elsewhere.

Run ``python tools/check_site.py docs/_build/html`` after the pages are built. It needs no network:
links to other sites have to be https, and are not followed; ``tox run -e linkcheck`` follows them.
"""

import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes with an address, by tag; those that a browser loads by itself.
_LINKS = {"a": "href", "area": "href"}
_LOADED = {"img": "src", "script": "src", "source": "src", "iframe": "src", "object": "data"}
#: Kinds of <link> that a browser loads.
_LOADED_RELATIONS = frozenset({"stylesheet", "icon", "preload", "shortcut icon"})


@dataclass
class Page:
    """
    What a page has that can be wrong.

    Parameters
    ----------
    anchors : set of str
        What a link into the page can name.
    links, loaded : list of str
        Addresses to follow, and addresses that a browser loads by itself.
    silent : list of str
        Images without an alternative text.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collect what `Page` holds."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        values = {name: value or "" for name, value in attrs}
        self.page.anchors.update(filter(None, (values.get("id"), values.get("name"))))
        if _LINKS.get(tag) in values:
            self.page.links.append(values["href"])
        if _LOADED.get(tag, "") in values:
            self.page.loaded.append(values[_LOADED[tag]])
        if tag == "link" and values.get("rel") in _LOADED_RELATIONS:
            self.page.loaded.append(values.get("href", ""))
        if tag == "img" and not values.get("alt", "").strip():
            self.page.silent.append(values.get("src", ""))


def read_page(text: str) -> Page:
    """
    Read a page.

    Parameters
    ----------
    text : str
        Its HTML.

    Returns
    -------
    Page
        Its anchors, addresses and silent images.

    Examples
    --------
    >>> read_page('<p id="here"><a href="there.html#x">x</a><img src="a.svg"></p>')
    Page(anchors={'here'}, links=['there.html#x'], loaded=['a.svg'], silent=['a.svg'])
    """
    reader = _Reader()
    reader.feed(text)
    return reader.page


def read_site(folder: Path) -> dict[Path, Page]:
    """
    Read every page of a site.

    Parameters
    ----------
    folder : pathlib.Path
        Where Sphinx put it.

    Returns
    -------
    dict
        `Page` by its path.
    """
    return {
        path.resolve(): read_page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
        if "_static" not in path.parts  # templates of the theme
    }


def check_address(address: str, path: Path, site: dict[Path, Page]) -> str:
    """
    Find out what is wrong with an address.

    Parameters
    ----------
    address : str
        As the page has it.
    path : pathlib.Path
        The page.
    site : dict
        All pages.

    Returns
    -------
    str
        What is wrong; empty if nothing is.
    """
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return "" if parts.scheme in {"https", "data", "mailto"} else "is not https"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "leads nowhere"
    fragment = unquote(parts.fragment)
    if fragment and target in site and fragment not in site[target].anchors:
        return "has an anchor that is not there"
    return ""


def check_page(path: Path, site: dict[Path, Page]) -> list[str]:
    """
    Check one page.

    Parameters
    ----------
    path : pathlib.Path
        The page.
    site : dict
        All pages.

    Returns
    -------
    list of str
        What is wrong, a line each.
    """
    page = site[path]
    complaints = [f"{address!r} has no alternative text" for address in page.silent]
    complaints += [
        f"{address!r} {wrong}"
        for address in sorted({*page.links, *page.loaded})
        if (wrong := check_address(address, path, site))
    ]
    complaints += [
        f"{address!r} is loaded from elsewhere"
        for address in page.loaded
        if urlsplit(address).netloc
    ]
    return complaints


def main(folder: str = "docs/_build/html") -> int:
    """
    Check a site, and say which other sites it links to.

    Parameters
    ----------
    folder : str
        Where Sphinx put it.

    Returns
    -------
    int
        The exit code: 0 if all is right.
    """
    root = Path(folder).resolve()
    site = read_site(root)
    complaints = [
        f"{path.relative_to(root)}: {wrong}" for path in site for wrong in check_page(path, site)
    ]
    hosts = {urlsplit(address).netloc for page in site.values() for address in page.links}
    print("Other sites that are linked:", ", ".join(sorted(filter(None, hosts))))
    print("\n".join(complaints) or f"{len(site)} pages, right")
    return bool(complaints) or not site


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
