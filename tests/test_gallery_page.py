"""docs/gallery.md: its commands make its figures and find what textbooks say."""

import json
import math
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from proofs_checks.cli.run import run

HOME = Path(__file__).parent.parent
PAGE = (HOME / "docs" / "gallery.md").read_text(encoding="utf-8")
COMMANDS = {c.split()[-1]: c for c in re.findall(r"^proofhead (portrait .*)$", PAGE, re.M)}
DIAGRAMS = {c.split()[-1]: c for c in re.findall(r"^proofhead (bifurcation .*)$", PAGE, re.M)}
SHOWN = re.findall(r"!\[.*?\]\(figures/gallery/(.*?)\)", PAGE)

KNOWN = {
    "van_der_pol.png": ({(0, 0): "unstable focus"}, 6.6632868593231),
    "fitzhugh_nagumo.png": ({(-0.804848, -0.131060): "unstable focus"}, 39.47441498),
    "duffing.png": ({(-1, 0): "stable focus", (1, 0): "stable focus", (0, 0): "saddle"}, None),
    "lotka_volterra.png": ({(0, 0): "saddle", (5000, 400): "centre"}, None),
    "henon.png": ({(0.631354, 0.189406): "saddle", (-1.131354, -0.339406): "saddle"}, None),
    "standard_map.png": ({(0, 0): "saddle", (3.141593, 0): "elliptic point"}, None),
    "rabbits_and_sheep.png": ({(0, 0): "unstable node", (0, 2): "stable node",
                               (3, 0): "stable node", (1, 1): "saddle"}, None),
    "duffing_basins.png": ({(-1, 0): "stable focus", (1, 0): "stable focus", (0, 0): "saddle"},
                           None),
    "mixture_basins.png": ({(-2.309366, 2.046061): "stable node", (-0.121486, -0.121486): "saddle",
                            (2.046061, -2.309366): "stable node"}, None),
}  # fmt: skip
"""Fixed points with their kinds, the period of a limit cycle."""

BASINS = {
    "rabbits_and_sheep.png": {"(0, 2)", "(3, 0)"},
    "duffing_basins.png": {"(-1, 0)", "(1, 0)"},
    "mixture_basins.png": {"(-2.3, 2)", "(2, -2.3)"},
    "forced_duffing_basins.png": {"(-0.85, 0.03)", "(1.14, 0.05)"},
}
DRIVEN = {
    "forced_duffing.png": ({"saddle"}, 3),
    "forced_duffing_basins.png": ({"saddle", "stable focus"}, 3),
    "forced_van_der_pol.png": ({"unstable focus"}, 1),
}
"""The kinds of oscillations with the period of the forcing, and how many there are."""


def made(figure, tmp_path, monkeypatch, capsys):
    """What the command of a figure says about it."""
    (tmp_path / "examples").symlink_to(HOME / "examples")
    monkeypatch.chdir(tmp_path)
    assert run([*shlex.split(COMMANDS[figure]), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    basins = document.get("basins", {"attractors": []})["attractors"]
    assert {a["name"] for a in basins} == BASINS.get(figure, set())
    assert not basins or sum(a["share"] for a in basins) > 0.99
    assert (tmp_path / figure).stat().st_size > 10_000
    return document


@pytest.mark.parametrize("figure", KNOWN)
def test_the_commands_make_the_figures(figure, tmp_path, monkeypatch, capsys):
    document = made(figure, tmp_path, monkeypatch, capsys)
    points, period = KNOWN[figure]
    found = {tuple(p["at"].values()): p["kind"] for p in document["fixed_points"]}
    assert len(found) == len(points) and document["complete"]
    assert {p["label"] for p in document["fixed_points"]} == {"proved"}
    for place, kind in points.items():
        near = [k for at, k in found.items() if at == pytest.approx(place, abs=2e-6)]
        assert near == [kind]
    if period is not None:
        (cycle,) = document["cycles"]
        low, high = cycle["period_bounds"]
        assert cycle["label"] == "proved" and high - low < 1e-11
        assert (low + high) / 2 == pytest.approx(period, abs=1e-8)
    assert bool(document["cycles"]) == (figure in ("van_der_pol.png", "fitzhugh_nagumo.png"))
    assert document["left_out"] == []


@pytest.mark.parametrize("figure", DRIVEN)
def test_the_commands_make_the_figures_of_driven_systems(figure, tmp_path, monkeypatch, capsys):
    document = made(figure, tmp_path, monkeypatch, capsys)
    kinds, count = DRIVEN[figure]
    assert {p["kind"] for p in document["fixed_points"]} == kinds
    assert len(document["fixed_points"]) == count and not document["complete"]
    if "duffing" in figure:  # the flow shrinks areas by exp(-delta T), Liouville
        for p in document["fixed_points"]:
            first, second = (complex(*z) for z in p["eigenvalues"])
            assert first * second == pytest.approx(math.exp(-0.25 * 2 * math.pi), rel=1e-8)


def bifurcations(figure, tmp_path, monkeypatch, capsys):
    (tmp_path / "examples").symlink_to(HOME / "examples")
    monkeypatch.chdir(tmp_path)
    assert run([*shlex.split(DIAGRAMS[figure]), "--json"]) == 0
    assert (tmp_path / figure).stat().st_size > 10_000
    return json.loads(capsys.readouterr().out)


def test_a_cycle_from_a_hopf_point_to_a_homoclinic_orbit(tmp_path, monkeypatch, capsys):
    found = bifurcations("bogdanov_takens.png", tmp_path, monkeypatch, capsys)
    assert [p["kind"] for p in found["points"]] == ["Hopf", "fold"]
    assert [p["parameter"] for p in found["points"]] == pytest.approx([0, 1 / 16], abs=1e-9)
    (cycles,) = found["cycles"]
    assert cycles["to"] == pytest.approx(-0.05655517, abs=1e-7) and "homoclinic" in cycles["end"]


def test_the_curves_of_bogdanov_and_takens(tmp_path, monkeypatch, capsys):
    found = bifurcations("bogdanov_takens_map.png", tmp_path, monkeypatch, capsys)
    assert [p["kind"] for p in found["points"]] == ["Bogdanov-Takens"]
    assert [*found["points"][0]["at"].values()] == pytest.approx([0, 0], abs=1e-8)
    curves = {c["kind"]: c["vertices"] for c in found["curves"]}
    assert all(4 * b1 == pytest.approx(b2**2, abs=1e-9) for b1, b2 in curves["fold"])
    assert all(b1 == pytest.approx(0, abs=1e-9) and b2 < 1e-8 for b1, b2 in curves["Hopf"])


def test_the_page_shows_what_its_commands_make():
    kept = {p.name for p in (HOME / "docs" / "figures" / "gallery").iterdir()}
    assert set(COMMANDS) == {*KNOWN, *DRIVEN}
    assert set(SHOWN) == set(COMMANDS) | set(DIAGRAMS) == kept
    assert len(kept) == 14


KEPT = sorted((HOME / "docs" / "figures").rglob("*.png"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda p: p.stem)
def test_a_figure_says_how_it_is_made_and_not_where(kept):
    with Image.open(kept) as figure:
        said = " ".join(str(text) for text in figure.info.values())
    assert not re.search(r" -o /|(?:^|\s)/(?:home|root|tmp|work|Users)/", said)
