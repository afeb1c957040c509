"""What is explored: sliders and their intervals, the command line of a view."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from proofs_checks.cli.portraying import PortraitOptions
from proofs_checks.explorer import Slider, subject_of
from tests.proofs_checks.explorer.serving import OWN


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    (tmp_path / "an own.toml").write_text(OWN)


def subject(source="own.toml", *ranges, **options):
    return subject_of(PortraitOptions(source, Path("p.png"), **options), ranges)


def test_sliders_of_an_own_system():
    assert subject().sliders == (Slider("k", -1, 3, 1),)
    assert subject(settings=("k=0",)).sliders == (Slider("k", -1, 1, 0),)
    assert subject("own.toml", "k=0:8").sliders == (Slider("k", 0, 8, 1),)


def test_a_driven_system_is_seen_once_in_every_period_which_is_no_slider():
    source = Path(__file__).parents[3] / "examples" / "systems" / "forced_duffing.toml"
    found = subject(str(source))
    assert found.system.kind == "map" and found.system.dimension == 2
    assert [s.name for s in found.sliders] == ["delta", "gamma", "omega"]


def test_sliders_of_the_catalogue_are_what_the_system_depends_on():
    assert subject("mixture-flow").sliders == (
        Slider("sigma2", 0.1, 4, 1), Slider("eps_v", 0.1, 4, 1),
    )  # fmt: skip
    names = [s.name for s in subject("mixture-flow", settings=("moves=means,weights",),
                                     slice="v_11,v_21", at="start").sliders]  # fmt: skip
    assert names == ["sigma2", "eps_v", "eps_a"]


def test_em_lies_over_what_has_an_em_map():
    assert subject("mixture-flow").has_em
    assert not subject("em-map").has_em and not subject().has_em


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ("k=2:3", r"`--range k=2:3` must hold the present value 1; widen it, or `--set k=...`"),
        ("q=0:1", r"`own` has no such parameter. .*Parameters: k."),
        ("k=0:1:5", r"two ends of its slider, such as k=0:2; got `k=0:1:5`"),
        ("k", "k"),
    ],
)
def test_intervals_that_make_no_sense(ranges, words):
    with pytest.raises(ValueError, match=words):
        subject("own.toml", ranges)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"source": "attention-flow"}, "needs two variables, `attention-flow` has 8; take a slice"),
        ({"window": "1,2"}, "--window x_low,x_high,y_low,y_high: 4 numbers"),
        ({"start": ("1,x",)}, "--start x,y: 2 numbers"),
        ({"start": ("9,0",), "window": "-1,1,-1,1"}, "must start in the window"),
        ({"em": True}, "`own` has no EM map"),
        ({"fast": "z"}, "`own` has no variable `z`"),
        (
            {"source": "em-symmetric-flow", "em": True},
            "`--em`, `--fast` and `--basins` need two variables; `em-symmetric-flow` has one",
        ),
    ],
)
def test_what_portrait_refuses_is_refused_before_anything_is_served(options, words):
    with pytest.raises(ValueError, match=words):
        subject(**options)


def test_the_command_says_what_differs_and_is_quoted_for_a_shell():
    found = subject("an own.toml", settings=("k=1",), window="-2,2,-1,1")
    view = replace(found.view, parameters={"k": 0.3}, starts=((-1.0, 0.5),), prove=False)
    command = found.options(view).command
    assert command == (
        "proofhead portrait 'an own.toml' -o 'an own.png' --set k=0.3 --window -2,2,-1,1 "
        "--start -1,0.5 --no-prove"
    )
    assert shlex.split(command)[2] == "an own.toml"
    assert found.options(found.view, ".svg").command == (
        "proofhead portrait 'an own.toml' -o 'an own.svg' --set k=1 --window -2,2,-1,1 --starts 0"
    )
