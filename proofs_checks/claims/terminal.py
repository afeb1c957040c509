r"""What the parser is given: terminals, and the tables that make them of lexemes."""

from __future__ import annotations

from dataclasses import dataclass

from proofs_checks.claims.notation import (
    ACCENTS,
    BIG_OPERATORS,
    FUNCTION_COMMANDS,
    LOOSE_OPERATORS,
    NAMED_SYMBOLS,
    RELATIONS,
    TRANSPOSES,
)
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

__all__ = ["BARS", "COMMANDS", "SIGNS", "TABLES", "Refusals", "Terminal"]


@dataclass(slots=True)
class Terminal:
    """A token for the parser: ``type`` is its name in the grammar, ``value`` what was written.

    lark asks a token for the other attributes; places are in ``span``.
    """

    type: str
    value: str
    span: Span
    font: str = ""
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    start_pos: int = 0
    end_pos: int = 0


class Refusals(Exception):  # noqa: N818  (it carries several of them)
    """Several places of one formula that cannot be read."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Keep them in the order of the document."""
        self.refusals = refusals
        super().__init__("; ".join(refusal.message for refusal in refusals))


SIGNS = {
    "+": "SIGN", "-": "SIGN", "/": "SLASH", ",": "COMMA", ";": "COMMA", ":": "COLON",
    "{": "LBRACE", "}": "RBRACE", "(": "OPEN", "[": "OPEN", ")": "CLOSE", "]": "CLOSE",
    "_": "SUB", "^": "SUP", "'": "PRIME", "&": "AMP",
}  # fmt: skip
COMMANDS = {
    **dict.fromkeys(NAMED_SYMBOLS | TRANSPOSES, "NAME"),
    **dict.fromkeys(["frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"], "FRAC"),
    "partial": "PARTIAL", "nabla": "NABLA", "prime": "PRIME", "surd": "FUNCTION",
    "{": "OPEN", "}": "CLOSE", "langle": "LANGLE", "rangle": "RANGLE", "land": "COMMA",
    "wedge": "COMMA", "otherwise": "OTHERWISE",
}  # fmt: skip
TABLES = (
    (FUNCTION_COMMANDS, "FUNCTION"),
    (BIG_OPERATORS, "BIG"),
    (ACCENTS, "ACCENT"),
    (RELATIONS, "RELATION"),
    (LOOSE_OPERATORS, "LOOSE"),
)
BARS = {
    ("open", "|"): "LABS", ("close", "|"): "RABS", ("open", "||"): "LNORM",
    ("close", "||"): "RNORM", ("middle", "|"): "MID", ("middle", "||"): "MID",
}  # fmt: skip
