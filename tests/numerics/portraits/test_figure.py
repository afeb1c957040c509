"""Figures: what they say, how large their letters are, and that equal portraits are equal files."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from numerics.fixed_points import FixedPoint, Proof
from numerics.portraits import Style, figure, looks, portrait, restricted
from numerics.portraits.figure import COLUMNS, SUFFIXES, draw, rendered
from tests.numerics.portraits.systems import flow, iterated, own


@pytest.fixture(scope="module")
def bistable():
    return portrait(flow("x - x^3", "-y"), fast="y", starts=2, prove=False)


def drawn(found, width=3.4, **style):
    """The figure itself, laid out."""
    with mpl.rc_context(looks.settings()):
        canvas = Figure(layout="constrained")
        FigureCanvasAgg(canvas)
        figure.fill(canvas, found, Style(width, **style))
        canvas.canvas.draw()
        return canvas


def legend_words(canvas):
    return [text.get_text() for text in canvas.legends[0].get_texts()]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_portraits_are_equal_files(bistable, suffix):
    once, again = (rendered(bistable, suffix, command="proofhead portrait") for _ in range(2))
    assert once == again
    assert b"proofhead portrait" in once


def test_files_are_what_they_say(bistable, tmp_path):
    draw(bistable, tmp_path / "a.png")
    draw(bistable, tmp_path / "a.svg")
    draw(bistable, tmp_path / "a.pdf")
    image = imread(tmp_path / "a.png")
    assert image.shape[1] == pytest.approx(3.4 * 400, abs=1)
    root = ET.fromstring((tmp_path / "a.svg").read_bytes())
    assert (
        root.tag.endswith("svg") and len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 20
    )
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]


def test_nothing_in_the_legend_covers_the_axes_or_leaves_the_figure(bistable):
    canvas = drawn(bistable)
    box = canvas.legends[0].get_window_extent()
    axes = canvas.axes[0].get_tightbbox()
    assert not box.overlaps(axes)
    assert canvas.bbox.x0 <= box.x0 and box.x1 <= canvas.bbox.x1 and box.y0 >= canvas.bbox.y0


def test_letters_are_at_least_seven_points(bistable):
    canvas = drawn(bistable)
    texts = [t for t in canvas.findobj(Text) if t.get_text().strip()]
    assert len(texts) > 10
    assert min(t.get_fontsize() for t in texts) >= 7


def test_the_legend_names_what_there_is_and_nothing_else(bistable):
    words = legend_words(drawn(bistable))
    assert words == [
        r"slow manifold, $\epsilon \to 0$", r"$\dot{x} = 0$", r"$\dot{y} = 0$", "stable manifold",
        "unstable manifold", "trajectory", "stable node", "saddle",
    ]  # fmt: skip
    of_map = legend_words(drawn(portrait(iterated("x/2", "y/3"), starts=1, prove=False)))
    assert of_map == [r"$\Delta x = 0$", r"$\Delta y = 0$", "iterates", "stable node"]


def test_rings_mark_proved_points_and_every_kind_has_its_mark(bistable):
    proved = replace(bistable.points[0], proof=Proof("proved", ""))
    odd = FixedPoint(np.zeros(2), "degenerate", None, 0, np.zeros(2), 0.0)
    words = legend_words(drawn(replace(bistable, points=(proved, odd))))
    assert words[-3:] == ["stable node", "degenerate", "proved"]
    assert len(set(looks.MARKS.values())) == len(looks.MARKS) - 1  # centres and elliptic points


def test_centres_and_foci_are_named_in_the_legend():
    foci = legend_words(drawn(portrait(flow("y", "x - x^3 - y/4"), starts=0, prove=False)))
    assert foci[-2:] == ["stable focus", "saddle"]
    assert legend_words(drawn(portrait(flow("y", "-x"), starts=0, prove=False)))[-1] == "centre"
    turned = iterated("0.6*x - 0.8*y", "0.8*x + 0.6*y")
    assert legend_words(drawn(portrait(turned, starts=0, prove=False)))[-1] == "elliptic point"


def test_the_longest_words_fit_into_a_column():
    turned = own({"x": "y - x", "y": "x - 2*y", "z": "1 - z"})
    found = portrait(restricted(turned, ("x", "y"), np.zeros(3)), fast="y", starts=1, prove=False)
    canvas = drawn(found)
    box = canvas.legends[0].get_window_extent()
    assert "slice only" in legend_words(canvas)
    assert canvas.bbox.x0 <= box.x0 and box.x1 <= canvas.bbox.x1


def test_basins_are_told_apart_in_print(bistable):
    found = portrait(flow("x - x^3", "-y"), starts=0, prove=False, basins=8)
    canvas = drawn(found)
    assert legend_words(canvas)[-2:] == [f"basin of {x}".replace("-", "\u2212")
                                         for x in found.basins.names]  # fmt: skip
    grey = [sum(w * c for w, c in zip((0.299, 0.587, 0.114), mpl.colors.to_rgb(x), strict=True))
            for x in (*looks.SHADES, "white")]  # fmt: skip
    apart = [abs(a - b) for n, a in enumerate(grey) for b in grey[:n]]
    assert min(apart) > 0.04 and min(grey) > mpl.colors.to_rgb(looks.DARK)[0] + 0.1
    labels = np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4]] * 2)
    ten = [replace(found.basins.attractors[0], points=np.array([[n, 1.0]])) for n in range(10)]
    many = replace(found.basins, x=np.linspace(-2, 2, 14), y=np.array([-1.0, 1.0]), labels=labels,
                   attractors=tuple(ten))  # fmt: skip
    words = legend_words(drawn(replace(found, basins=many)))
    assert words[-10:] == [*(f"basin of ({n}, 1)" for n in range(7)), "other basins", "leaves",
                           "undecided"]  # fmt: skip


def test_iterates_that_leave_the_numbers_are_drawn():
    away = portrait(iterated("x^9 + 2*x", "y^9 + 2*y"), starts=4, prove=False)
    assert max(np.abs(c.points).max() for c in away.of_kind("iterates")) > 100
    assert rendered(away, ".png").startswith(b"\x89PNG")


def test_kinds_of_line_differ_by_more_than_colour():
    marked = {"iterates", "orbit", "stable cycle", "em"}  # by marks of their own
    of_lines = {"diagonal", "cobweb", "field", "map"}  # in figures of one variable
    plain = [look for name, look in looks.LINES.items() if name not in marked | of_lines]
    dashed = [str(look.dashes) for look in plain if look.dashes != "solid"]
    solid = sorted(look.width for look in plain if look.dashes == "solid")
    assert len(set(dashed)) == len(dashed) == 5
    assert min(b / a for a, b in zip(solid, solid[1:], strict=False)) > 1.5


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("s_11", "s_{11}"), ("W_Q,11", "W_{Q,11}"), ("theta", r"\theta"), ("θ", r"\theta"),
        ("Ω_1", r"\Omega_1"), ("x'", "x'"), ("v_1,12", "v_{1,12}"), ("rate", r"\mathrm{rate}"),
    ],
)  # fmt: skip
def test_labels_as_mathematics(label, expected):
    assert looks.mathtext(label) == expected
    with mpl.rc_context(looks.settings()):
        canvas = Figure()
        canvas.text(0, 0, "$" + looks.mathtext(label, r"\dot{%s}") + "$")
        FigureCanvasAgg(canvas).print_png(io.BytesIO())


def test_a_field_of_rest_and_a_slice_are_drawn(tmp_path):
    still = portrait(flow("0*x", "0*y"), starts=0, prove=False)
    assert rendered(still, ".svg").startswith(b"<?xml")
    turned = portrait(restricted(still.system, ("y", "x"), np.zeros(2)), starts=0, prove=False)
    title = drawn(turned).axes[0].get_title()
    assert title == "slice of the projected field, 0 other variables fixed"


def test_the_style_of_a_figure(bistable):
    equal = drawn(bistable, aspect="equal")
    box = equal.axes[0].get_window_extent()
    assert box.height == pytest.approx(box.width, rel=0.01)  # the window is a square
    low = drawn(bistable, aspect=0.5, title="two wells", legend=False)
    box = low.axes[0].get_window_extent()
    assert box.height == pytest.approx(box.width / 2, rel=0.01) and low.legends == []
    assert low.axes[0].get_title() == "two wells"
    for wrong in ("wide", 0.0, 100.0, float("nan")):
        with pytest.raises(ValueError, match="`equal` or height over width, a number from 0.1 to"):
            Style(aspect=wrong)


def test_fields_of_any_size_are_drawn():
    for speed in (1e-290, 1e290):
        fast = portrait(flow("k*y", "-k*x", k=speed), starts=0, prove=False)
        assert len(drawn(fast).axes[0].collections) > 0


def test_another_suffix_is_refused(bistable, tmp_path):
    with pytest.raises(ValueError, match=r"a figure is written as .png, .svg, .pdf; got `.gif`"):
        draw(bistable, tmp_path / "a.gif")
    with pytest.raises(ValueError, match="got `no suffix`"):
        draw(bistable, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    assert COLUMNS == 3
