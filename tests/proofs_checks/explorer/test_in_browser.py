"""The explorer in a real browser: a slider moved, a trajectory started by a click, bad input."""

import os
import signal

import pytest

from tests.proofs_checks.explorer.browser import CHROMIUM, PATIENCE, chromium, until
from tests.proofs_checks.explorer.serving import OWN, SAID, explorer

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or os.name != "posix",
    reason="needs chromium (test_page.py and test_server.py run without)",
)
# a widget's own page part lies in shadow trees
FIND = """
(function (name, selector) {
  function views(v) { return [v, ...(v.child_views || []).flatMap(views)] }
  const all = Object.values(Bokeh.index.roots || Bokeh.index).flatMap(views)
  const view = all.find(v => v.model.name === name)
  const part = view.shadow_el.querySelector(selector)
  if (part.focus) part.focus()
  const box = part.getBoundingClientRect()
  return [box.x + box.width / 2, box.y + box.height / 2]
})(%r, %r)
"""


class Visitor:
    """Someone at the page: finds its parts by their names."""

    def __init__(self, page, url):
        self.page = page
        page.send("Page.navigate", url=url)
        until(lambda: page.run("!!(window.Bokeh && Bokeh.documents.length)"), "the page is there")
        self.wait_for("ready", "working")

    def text(self, name, of="text"):
        return self.page.run(f"(Bokeh.documents[0].get_model_by_name({name!r}) || {{}}).{of}")

    def wait_for(self, words, name):
        return until(lambda: words in (self.text(name) or ""), f"{name} says {words!r}")

    def wait_for_nodes(self, number):
        return until(
            lambda: (self.text("points") or "").count("stable node") == number,
            f"the page lists {number} stable nodes",
        )

    def place(self, name, selector):
        return self.page.run(FIND % (name, selector))

    def press(self, name):
        self.page.press(*self.place(name, "button"))

    def type(self, name, text):
        self.page.press(*self.place(name, "input"))
        self.page.write(text)


def test_a_visit(tmp_path):
    (tmp_path / "own.toml").write_text(OWN)
    with (
        explorer("own.toml", "--range", "k=-1:3", cwd=tmp_path) as (process, url),
        chromium(tmp_path / "profile") as page,
    ):
        page.send("Browser.grantPermissions", permissions=["clipboardSanitizedWrite"])
        visitor = Visitor(page, url)
        visitor.wait_for_nodes(2)
        assert "2 fixed points" not in visitor.text("notes")
        assert "--set" not in visitor.text("command")

        x, y = visitor.place("slider k", ".noUi-handle")
        page.drag(x, y, -200)
        visitor.wait_for("--set k=", "command")
        visitor.wait_for_nodes(1)  # k < 0: the middle alone
        visitor.wait_for("ready", "working")

        x, y = visitor.place("plane", ".bk-Canvas, canvas")
        page.press(x + 60, y - 50)
        visitor.wait_for("--start ", "command")
        visitor.wait_for("ready", "working")
        assert "--starts 0" not in visitor.text("command")

        visitor.type("start", "one,<b>two</b>")
        visitor.wait_for("got `one,<b>two</b>`", "complaint")
        visitor.type("start", "0.5,0.25")
        visitor.wait_for("--start 0.5,0.25", "command")
        visitor.wait_for("ready", "working")
        assert visitor.text("complaint") == ""

        visitor.press("copy")
        until(lambda: visitor.text("copy", "label") != "copy command", "the button answers")
        assert visitor.text("copy", "label") == "copied"

        page.picture(tmp_path / "page.png")
        assert (tmp_path / "page.png").stat().st_size > 20_000
        assert page.complaints == []
        assert [
            x for x in page.asked if not x.startswith((url, "data:", url.replace("http", "ws")))
        ] == []
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == SAID
