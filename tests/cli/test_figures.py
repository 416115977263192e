# Licensed under a 3-clause BSD style license - see LICENSE
"""The code of the figures in the pages: it runs as Sphinx runs it, and says what is drawn."""

import doctest
import re
from pathlib import Path

import matplotlib as mpl
import pytest
from astropy.coordinates.name_resolve import sesame_url
from matplotlib import pyplot as plt

from astroquery_csc import conf

DOCS = Path(__file__).parents[2] / "docs"

#: A directive with its options, and its code up to the next line that is not indented.
_PLOT = re.compile(
    r"^( *)\.\. plot::\n((?:\1   :.*\n(?:\1 {6,}\S.*\n)*)*)((?:\1   .*\n|\n)+)", re.MULTILINE
)

PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.rst")
    if ".. plot::" in path.read_text(encoding="utf-8")
)


def plots_of(page):
    """List options and code of every plot of a page, as Sphinx's extension runs it."""
    found = _PLOT.findall((DOCS / page).read_text(encoding="utf-8"))
    blocks = []
    for indent, options, code in found:
        lines = [line.removeprefix(f"{indent}   ") for line in code.splitlines()]
        text = "\n".join(lines)
        blocks.append((options, doctest.script_from_examples(text) if ">>>" in text else text))
    return blocks


@pytest.fixture(scope="module")
def drawn(request, server):
    """Run every plot of a page, one after the other: options, and the figures it leaves."""
    result = []
    scope: dict[str, object] = {}
    with (
        conf.set_temp("server", server.url),
        sesame_url.set((server.sesame_url,)),
        mpl.rc_context({"figure.max_open_warning": 0}),
    ):
        for options, code in plots_of(request.param):
            plt.close("all")
            exec(compile(code, request.param, "exec"), scope)
            result.append((options, [plt.figure(number) for number in plt.get_fignums()]))
        yield result
        plt.close("all")


def words_of(figure):
    """List every text that a figure shows."""
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


@pytest.mark.parametrize("drawn", PAGES, indirect=True)
def test_each_plot_draws_one_figure_with_an_alternative_text(drawn):
    """A plot leaves one figure and says in words what it shows; a step leaves none."""
    shows = [":nofigs:" not in options for options, _ in drawn]
    assert [len(figures) for _, figures in drawn] == [int(shown) for shown in shows]
    assert [":alt:" in options for options, _ in drawn] == shows


@pytest.mark.parametrize("drawn", PAGES, indirect=True)
def test_upper_limits_and_synthetic_sources_are_named_as_such(drawn):
    """A limit stands with its level; title or caption say what of the sky is real or synthetic."""
    words = [[*words_of(figure), options] for options, figures in drawn for figure in figures]
    limits = [text for texts in words for text in texts[:-1] if "limit" in text]
    assert [text for text in limits if not re.search(r"\d %", text)] == []
    assert [texts for texts in words if not re.search("[Rr]eal|synthetic", " ".join(texts))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_plot_of_a_page_is_found(page):
    """The pattern of these tests misses no plot."""
    assert len(plots_of(page)) == (DOCS / page).read_text(encoding="utf-8").count(".. plot::")
