"""Portraits in a session: on axes of the user's own, and as a notebook shows them."""

import base64
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from numerics.portraits import portrait
from tests.numerics.portraits.systems import flow


@pytest.fixture(scope="module")
def found():
    return portrait(flow("x - x^3", "-y"), starts=2, prove=False)


def test_it_is_drawn_on_the_users_axes(found):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    before = dict(mpl.rcParams)
    assert found.draw(right) is right
    assert dict(mpl.rcParams) == before
    assert not left.lines and len(right.lines) > 5
    assert right.get_xlim() == (-2, 2) and right.get_legend() is None
    words = [text.get_text() for text in right.legend().get_texts()]
    assert {"trajectory", "stable manifold", "stable node", "saddle"} <= set(words)
    assert left.get_legend() is None
    found.draw(left, legend=True, title="here", aspect="equal")
    assert left.get_title() == "here" and left.get_legend() is not None
    with pytest.raises(ValueError, match="the aspect of a figure"):
        found.draw(left, aspect="no")


def test_without_axes_it_makes_a_figure(found):
    from matplotlib import pyplot

    mpl.use("Agg")
    axes = found.draw(legend=False)
    assert axes.figure.number in pyplot.get_fignums() and axes.figure.legends == []
    pyplot.close(axes.figure)


def test_what_a_notebook_shows(found):
    assert found._repr_png_().startswith(b"\x89PNG")
    text = found._repr_html_()
    root = ET.fromstring(text)
    rows = [[cell.text for cell in row] for row in root.iter("tr")]
    assert ["saddle", "x = 0, y = 0", "verified numerically"] in rows and len(rows) == 3
    image = re.search('base64,([^"]+)', text)
    assert image and base64.b64decode(image[1]) == found._repr_png_()
    assert "3 fixed points found" in root.findtext("p")
