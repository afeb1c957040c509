"""docs/laws.md lists the catalogue."""

from pathlib import Path

from theory.catalogue import LAWS

PAGE = Path(__file__).parents[3] / "docs" / "laws.md"


def test_the_page_lists_every_law_once():
    rows = [row for row in PAGE.read_text("utf-8").splitlines() if row.startswith("| ")]
    listed = [name.strip() for row in rows[1:] for name in row.split("|")[3].split(",")]
    assert sorted(listed) == sorted(law.name for law in LAWS)
