"""The explorer without a page: it computes the newest view, and survives what makes no sense."""

import logging
import shlex
import threading

import pytest

from proofs_checks.cli.portraying import PortraitOptions
from proofs_checks.cli.run import run
from proofs_checks.explorer import Explorer, subject_of
from proofs_checks.explorer import painter as painting
from tests.proofs_checks.explorer.browser import PATIENCE, until
from tests.proofs_checks.explorer.serving import OWN

FOLD = OWN.replace("k*x - x^3", "log(k) - x")


@pytest.fixture
def explore(tmp_path, monkeypatch):
    """Return a function that opens an explorer and waits until it has computed its first view."""
    monkeypatch.chdir(tmp_path)
    opened = []

    def opening(text=OWN, source="own.toml", **options):
        (tmp_path / "own.toml").write_text(text)
        options = {"prove": False, **options}
        explorer = Explorer(subject_of(PortraitOptions(source, tmp_path / "p.png", **options)))
        opened.append(explorer)
        explorer.open()
        return settled(explorer)

    yield opening
    for explorer in opened:
        explorer.close()


def settled(explorer):
    until(lambda: not explorer.working, "the explorer has computed")
    return explorer


def kinds(explorer):
    return [p.kind for p in explorer.picture.portrait.points]


def test_a_slider_moves_the_system(explore):
    explorer = explore()
    assert sorted(kinds(explorer)) == ["saddle", "stable node", "stable node"]
    explorer.move("k", -0.5)
    assert kinds(settled(explorer)) == ["stable node"]
    assert explorer.picture.command == (
        "proofhead portrait own.toml -o own.png --set k=-0.5 --starts 0 --no-prove"
    )


def test_a_click_starts_a_trajectory_and_its_time_series(explore):
    explorer = explore()
    assert explorer.picture.series is None
    explorer.click(0.50001, 0.5)
    explorer.start("-1.5, 0.25")
    picture = settled(explorer).picture
    assert picture.view.starts == ((0.5, 0.5), (-1.5, 0.25))
    ends = [c.points[-1].round(3).tolist() for c in picture.portrait.of_kind("trajectory")]
    assert ends == [[1, 0], [-1, 0]]
    assert picture.series.data["y"].values[:, -1].round(6).tolist() == [[1, 0], [-1, 0]]
    assert picture.command.endswith("--start 0.5,0.5 --start -1.5,0.25 --no-prove")
    explorer.clear(last=True)
    assert settled(explorer).picture.view.starts == ((0.5, 0.5),)
    explorer.clear()
    assert settled(explorer).picture.series is None


def test_a_click_computes_no_portrait_anew(explore, monkeypatch):
    explorer = explore()
    monkeypatch.setattr(painting, "computed_portrait", None)  # calling it would be a defect
    explorer.click(0.5, 0.5)
    assert settled(explorer).complaint == ""
    assert explorer.picture.portrait.of_kind("trajectory")


BAD = [
    (lambda e: e.move("k", "a"), "must be a finite number; got `a`"),
    (lambda e: e.move("q", 1.0), "there is no slider `q`"),
    (lambda e: e.click(None, 1), "must be a finite number; got `None`"),
    (lambda e: e.click(7.0, 0.0), "must start in the window [-2, 2, -1, 1]; got 7, 0"),
    (lambda e: e.start("a,b"), "a start (x,y): 2 numbers with commas between them; got `a,b`"),
    (lambda e: e.look("1,0,0,1"), "a window must be four finite numbers"),
    (lambda e: e.look([0.0, float("nan"), 0.0, 1.0]), "a limit of the window must be a finite"),
    (lambda e: e.until("never"), "the end of the time series (time): a number; got `never`"),
    (lambda e: e.switch("em", True), "no EM map belongs to `own`"),
]


def test_bad_input_is_answered_and_nothing_changes(explore):
    explorer = explore()
    before = explorer.view, explorer.picture
    for what, words in BAD:
        what(explorer)
        assert words in explorer.complaint
        assert (explorer.view, explorer.picture) == before
    explorer.click(1.0, 0.5)
    assert settled(explorer).complaint == "" and len(explorer.view.starts) == 1


def test_a_view_without_a_portrait_is_taken_back_with_a_sentence(explore):
    explorer = explore(FOLD)
    explorer.move("k", -1.0)
    assert "the field of `own` is not finite anywhere" in settled(explorer).complaint
    assert explorer.view == explorer.picture.view and explorer.view.parameters == {"k": 1.0}


def test_a_defect_is_said_and_survived(explore, monkeypatch, caplog):
    explorer = explore()
    monkeypatch.setattr(painting, "with_starts", None)
    with caplog.at_level(logging.CRITICAL):
        explorer.click(0.5, 0.5)
        settled(explorer)
    assert explorer.complaint.startswith("a defect of proofhead: TypeError")
    monkeypatch.undo()
    explorer.click(0.5, 0.5)
    assert settled(explorer).complaint == "" or "defect" not in explorer.complaint


def test_what_is_no_longer_wanted_is_given_up(explore, monkeypatch):
    explorer = explore()
    computed, at_work, go_on = painting.computed_portrait, threading.Event(), threading.Event()
    begun = []

    def slow(system, options, say):
        begun.append(options.settings)
        at_work.set()
        assert go_on.wait(PATIENCE)
        return computed(system, options, say)

    monkeypatch.setattr(painting, "computed_portrait", slow)
    explorer.move("k", 0.5)
    assert at_work.wait(PATIENCE)
    assert explorer.working
    for value in (1.5, 2.0, 2.5):
        explorer.move("k", value)
    go_on.set()
    settled(explorer)
    assert begun == [("k=0.5",), ("k=2.5",)]
    assert explorer.picture.view.parameters == {"k": 2.5}


def test_trajectories_outside_a_new_window_are_left_out_with_a_note(explore):
    explorer = explore()
    explorer.start("1.5,0.5")
    explorer.start("0.5,0.5")
    explorer.look("-1,1,-1,1")
    settled(explorer)
    assert explorer.view.starts == ((0.5, 0.5),)
    assert "1 started outside the window; left out" in explorer.picture.notes
    explorer.look("")
    assert settled(explorer).picture.portrait.window == (-2, 2, -1, 1)


def test_em_on_and_off(explore):
    explorer = explore(source="mixture-flow", settings=("X=[-1, 1]",))
    explorer.start("0.5,1")
    explorer.switch("em", True)
    assert settled(explorer).picture.portrait.of_kind("em")
    assert explorer.picture.command.endswith("--start 0.5,1 --em --no-prove")
    explorer.switch("em", False)
    assert not settled(explorer).picture.portrait.of_kind("em")


def test_the_figure_is_what_the_command_writes(explore, tmp_path, capsys):
    explorer = explore(prove=True)
    explorer.move("k", 0.75)
    explorer.click(0.5, 0.5)
    settled(explorer)
    name, data = explorer.figure(".png")
    assert run(shlex.split(explorer.picture.command)[1:]) == 0
    capsys.readouterr()
    assert name == "own.png" and (tmp_path / name).read_bytes() == data
    assert explorer.figure(".pdf")[1].startswith(b"%PDF")
    assert b"own.svg --set k=0.75" in explorer.figure(".svg")[1]
    with pytest.raises(ValueError, match="a figure is written as"):
        explorer.figure(".exe")


def test_time_series_of_a_slice_are_those_of_the_whole(explore):
    explorer = explore(
        OWN.replace('"y"]', '"y", "z"]').replace('"-y"', '"-y + z"\nz = "1 - z"'),
        slice="x,y", at="[0, 0, 0]",
    )  # fmt: skip
    explorer.start("0.5,0.5")
    picture = settled(explorer).picture
    assert picture.series.data["y"].values[0, -1].round(6).tolist() == [1, 1, 1]
    assert any("time series are of the whole system" in note for note in picture.notes)


def test_time_series_that_blow_up_are_said_to(explore):
    explorer = explore(OWN.replace("k*x - x^3", "k + x^2"))
    explorer.start("1,0")
    assert any(note.startswith("start 1: ") for note in settled(explorer).picture.notes)


def test_before_there_is_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    explorer = Explorer(subject_of(PortraitOptions("own.toml", tmp_path / "p.png")))
    explorer.click(0.0, 0.0)
    assert explorer.complaint == "there is no portrait yet; wait until it is computed."
    with pytest.raises(ValueError, match="there is no portrait yet"):
        explorer.figure(".png")
    explorer.close()
