"""The page: the plane, the time series, what can be changed, and what there is to say.

Every text that is not ours (names of a user's system, sentences about what a user typed) goes into
the page as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import Button, CustomJS, Div, Slider, TextInput, Toggle

from numerics.portraits import SUFFIXES
from numerics.portraits.notebook import table
from proofs_checks.explorer.explorer import Explorer
from proofs_checks.explorer.painter import Picture
from proofs_checks.explorer.plane import Plane
from proofs_checks.explorer.series import SeriesPanels

__all__ = ["Page", "page_into"]

SIDE = 360  # width of the column beside the plane, pixels
TEMPLATE = """
{% block postamble %}<link rel="icon" href="data:,">
<style>body { margin: 14px; }</style>{% endblock %}
"""
COPY = """
navigator.clipboard.writeText(command.text).then(
  () => { button.label = "copied" }, () => { button.label = "select it and copy" })
"""
CALM = {"background": "white", "color": "#555555", "padding": "4px 0"}
BUSY = {"background": "#fff3cd", "color": "#664d03", "padding": "4px 8px"}
ANGRY = {"background": "#f8d7da", "color": "#842029", "padding": "4px 8px"}
MONO = {
    "font-family": "monospace", "font-size": "12px", "white-space": "pre-wrap",
    "word-break": "break-all", "background": "#f3f3f3", "padding": "6px",
}  # fmt: skip


class Page:
    """The document of one visitor; all of them show the same explorer.

    ``prefix``  of the addresses of the figures, with the token
    """

    def __init__(self, document: Document, explorer: Explorer, prefix: str) -> None:
        self.document, self.explorer = document, explorer
        self._shown: Picture | None = None
        self._values: dict[str, float] = {}
        system = explorer.subject.system
        self.plane = Plane(explorer.click)
        self.series = SeriesPanels(system.labels, system.kind == "map")
        self.sliders = {s.name: self._slider(s) for s in explorer.subject.sliders}
        self.switches = {"prove": self._switch("prove", "proofs")}
        if explorer.subject.has_em:
            self.switches["em"] = self._switch("em", "EM iterates")
        names = ",".join(system.labels)
        self.start = self._field(f"start at {names}", "start", explorer.start)
        self.window = self._field("window: low,high of each", "window", self._look)
        self.until = self._field("time series until", "until", explorer.until)
        self.working = _text("working")
        self.complaint = _text("complaint")
        self.notes = _text("notes", {**CALM, "white-space": "pre-line"})  # a line each
        self.command = _text("command", MONO)
        self.points = Div(name="points", width=SIDE)
        self._lay_out(prefix)
        self.refresh()

    def refresh(self) -> None:
        """Show what the explorer has come to."""
        explorer, view = self.explorer, self.explorer.view
        self.working.update(
            text=f"computing: {explorer.working} ..." if explorer.working else "ready",
            styles=BUSY if explorer.working else CALM,
        )
        self.complaint.update(
            text=explorer.complaint, styles=ANGRY, visible=bool(explorer.complaint)
        )
        for name, slider in self.sliders.items():
            value = view.parameters[name]
            if value != self._values.get(name) or explorer.complaint:  # else it may be in a hand
                self._values[name] = slider.value = value
        for name, switch in self.switches.items():
            switch.active = getattr(view, name)
        self.until.value = f"{view.until:g}"
        picture = explorer.picture
        if picture is None or picture is self._shown:
            return
        self._shown = picture
        self.window.value = _limits(picture)
        self.plane.show(picture)
        self.series.show(picture.series)
        self.command.text = picture.command
        self.notes.text = "\n".join((picture.portrait.statement, *picture.notes))
        self.points.text = table(picture.portrait)

    def heard(self) -> None:
        """Answer a change of the explorer, in whatever thread it happens."""
        self.document.add_next_tick_callback(self.refresh)

    # -- what the page sends ----------------------------------------------------------------------

    def _slider(self, slider: Any) -> Slider:
        widget = Slider(
            start=slider.low, end=slider.high, value=slider.value, step=slider.step,
            title=slider.name, name=f"slider {slider.name}", width=SIDE, format="0[.]0000",
        )  # fmt: skip
        widget.on_change("value_throttled", lambda _a, _o, new: self._moved(slider.name, new))
        return widget

    def _moved(self, name: str, value: Any) -> None:
        self.explorer.move(name, value)
        self.refresh()

    def _switch(self, what: str, words: str) -> Toggle:
        switch = Toggle(label=words, active=getattr(self.explorer.view, what), name=what)
        switch.on_change("active", lambda _a, _o, new: self.explorer.switch(what, new))
        return switch

    def _field(self, words: str, name: str, sent: Callable[[Any], None]) -> TextInput:
        field = TextInput(title=words, name=name, width=SIDE // 2 - 10)
        field.on_change("value", lambda _a, _o, new: sent(new))
        return field

    def _look(self, text: Any) -> None:
        picture = self.explorer.picture
        if picture is None or text != _limits(picture):
            self.explorer.look(text)

    def _look_here(self) -> None:
        """Take what panning and zooming have come to as the window."""
        x, y = self.plane.ranges
        limits = [x.start, x.end, y.start, y.end]
        self.explorer.look(limits[: 2 * self.explorer.subject.system.dimension])

    # -- the layout -------------------------------------------------------------------------------

    def _lay_out(self, prefix: str) -> None:
        def button(label: str, name: str, pressed: Callable[[], None] | None = None) -> Button:
            made = Button(label=label, name=name, width=SIDE // 3 - 10)
            if pressed is not None:
                made.on_click(pressed)
            return made

        explorer = self.explorer
        copy = button("copy command", "copy")
        copy.js_on_click(CustomJS(args={"command": self.command, "button": copy}, code=COPY))
        links = ", ".join(
            f'<a href="{prefix}/figure{s}" download>{escape(s[1:])}</a>' for s in SUFFIXES
        )
        title = Div(
            text=explorer.subject.system.title, render_as_text=True, width=SIDE,
            styles={"font-size": "17px", "font-weight": "bold"},
        )  # fmt: skip
        hint = Div(
            text="Click in the plane to start a trajectory; drag to move, turn the wheel to zoom.",
            width=SIDE, styles={"color": "#555555"},
        )  # fmt: skip
        side = column(
            title, self.working, self.complaint, hint, *self.sliders.values(),
            row(*self.switches.values()),
            row(self.start, self.until),
            row(self.window),
            row(
                button("undo last", "undo", lambda: explorer.clear(last=True)),
                button("clear all", "clear", explorer.clear),
                button("use this view", "here", self._look_here),
            ),
            self.points, self.notes,
            Div(text=f"This figure, as it is printed: {links}. Or by a command:", width=SIDE),
            self.command, copy,
        )  # fmt: skip
        self.document.add_root(
            row(column(self.plane.figure, *self.series.figures), side, spacing=18)
        )
        self.document.title = "proofhead explore"
        self.document.template = TEMPLATE  # pyright: ignore[reportAttributeAccessIssue]


def page_into(document: Document, explorer: Explorer, prefix: str) -> Page:
    """Make the page of a visitor, who hears of every change until they leave."""
    page = Page(document, explorer, prefix)
    explorer.listeners.append(page.heard)
    document.on_session_destroyed(lambda _context: explorer.listeners.remove(page.heard))
    return page


def _text(name: str, styles: Any = CALM) -> Div:
    return Div(name=name, width=SIDE, render_as_text=True, styles=styles)


def _limits(picture: Picture) -> str:
    """Return the window of a picture as its text field shows it."""
    limits = picture.portrait.window[: 2 * picture.portrait.system.dimension]
    return ",".join(f"{x:.6g}" for x in limits)
