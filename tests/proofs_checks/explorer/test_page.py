"""The page without a browser: what its widgets send arrives, what is computed is shown."""

import pytest
from bokeh.document import Document
from bokeh.events import ButtonClick, Tap
from bokeh.models import Div

from proofs_checks.cli.portraying import PortraitOptions
from proofs_checks.explorer import Explorer, subject_of
from proofs_checks.explorer.page import page_into
from tests.proofs_checks.explorer.browser import until
from tests.proofs_checks.explorer.serving import OWN

HOSTILE = OWN.replace('"own"', '"<img src=x onerror=alert(1)>"')


@pytest.fixture
def visit(tmp_path, monkeypatch):
    """Return a function that opens the page of an own system, and waits for its first portrait."""
    monkeypatch.chdir(tmp_path)
    opened = []

    def visiting(text=OWN):
        (tmp_path / "own.toml").write_text(text)
        options = PortraitOptions("own.toml", tmp_path / "p.png", prove=False)
        explorer = Explorer(subject_of(options))
        opened.append(explorer)
        page = page_into(Document(), explorer, "/token")
        assert page.working.text == "ready" and page.command.text == ""
        explorer.open()
        return settled(page)

    yield visiting
    for explorer in opened:
        explorer.close()


def settled(page):
    until(lambda: not page.explorer.working, "the explorer has computed")
    page.refresh()
    return page


def send(page, name, **values):
    """Let a widget send what a browser would."""
    widget = page.document.get_model_by_name(name)
    for attribute, value in values.items():
        old = getattr(widget, attribute)
        for called in widget._callbacks[attribute]:
            called(attribute, old, value)
    return settled(page)


def press(page, name):
    button = page.document.get_model_by_name(name)
    button._trigger_event(ButtonClick(button))
    return settled(page)


def tap(page, x, y):
    page.plane.figure._trigger_event(Tap(page.plane.figure, x=x, y=y))
    return settled(page)


def drawn(page, look):
    return len(page.plane._lines[look].data_source.data["xs"])


def test_a_visit(visit):
    page = visit()
    assert drawn(page, "first nullcline") == 3 and drawn(page, "trajectory") == 0
    assert not page.series.figures[0].visible
    assert page.points.text.count("<tr>") == 3
    tap(page, 0.5, 0.5)
    assert drawn(page, "trajectory") == 1 and page.series.figures[0].visible
    assert page.command.text.endswith("--start 0.5,0.5 --no-prove")
    send(page, "slider k", value_throttled=-0.5)
    assert page.sliders["k"].value == -0.5 and page.points.text.count("<tr>") == 1
    send(page, "window", value="-1,1,-1,1")
    assert (page.plane.ranges[0].start, page.plane.ranges[0].end) == (-1, 1)
    page.plane.ranges[0].update(start=0.0, end=0.75)
    press(page, "here")
    assert "--window 0,0.75,-1,1" in page.command.text and page.window.value == "0,0.75,-1,1"
    send(page, "until", value="5")
    assert page.series.figures[0].x_range.end == 5
    press(page, "undo")
    assert drawn(page, "trajectory") == 0 and not page.series.figures[0].visible
    send(page, "prove", active=True)
    assert "proved" in page.notes.text and "--no-prove" not in page.command.text


def test_it_says_what_is_being_computed(visit):
    page = visit()
    page.explorer.working = "fixed points"
    page.refresh()
    assert page.working.text == "computing: fixed points ..."
    page.explorer.working = ""
    page.refresh()
    assert page.working.text == "ready"


def test_what_makes_no_sense_is_answered_and_widgets_go_back(visit):
    page = visit()
    send(page, "slider k", value_throttled=1e9)
    assert "interval [-1, 3]; got 1e+09" in page.complaint.text and page.complaint.visible
    assert page.sliders["k"].value == 1
    tap(page, None, float("nan"))
    assert "must be a finite number; got `None`" in page.complaint.text
    send(page, "start", value="one,two")
    assert "2 numbers with commas between them; got `one,two`" in page.complaint.text
    page.plane.ranges[0].update(start=float("nan"))
    press(page, "here")
    assert "a limit of the window must be a finite number" in page.complaint.text
    send(page, "start", value="0.5,0.5")
    assert page.complaint.text == "" and not page.complaint.visible


def test_names_of_users_are_text(visit):
    page = visit(HOSTILE)
    divs = [x for x in page.document.roots[0].references() if isinstance(x, Div)]
    assert any("img src" in x.text for x in divs)
    assert not any("<img" in x.text for x in divs if not x.render_as_text)
    send(page, "start", value="<script>,1")
    assert "<script>" in page.complaint.text and page.complaint.render_as_text


def test_who_has_left_hears_no_more(visit):
    page = visit()
    assert page.explorer.listeners == [page.heard]
    for callback in page.document.callbacks.session_destroyed_callbacks:
        callback(None)
    assert page.explorer.listeners == []
