r"""One factor of a formula, chosen by its first lexeme.

    2,  s_{ij},  \frac{a}{b},  \sqrt{d_k},  (a + b),  \sum_j a_j,  \log p,  \begin{pmatrix} ...

What a command means is settled here, and its parts are read where they belong.
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.brackets import Brackets
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.names import Symbols
from proofs_checks.claims.notation import (
    ACCENTS,
    BIG_OPERATORS,
    DOTS,
    FONTS,
    FUNCTION_COMMANDS,
    KNOWN,
    LETTERS_OF_SUMS,
    NAMED_SYMBOLS,
    function_named,
)
from proofs_checks.claims.places import TAG_MARK
from proofs_checks.claims.problems import Refusal, nearest

__all__ = ["Operands"]

FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac")


class Operands(Symbols, Brackets):
    """The operands of the parser; `Parser` adds the operators between them."""

    def operand(self) -> tree.Node:
        """Return one factor with its scripts."""
        self.depth += 1
        if self.depth > self.limits.nesting:
            raise Refusal(f"more than {self.limits.nesting} nested groups", self.here)
        node = self._one_factor()
        self.depth -= 1
        return node

    def _one_factor(self) -> tree.Node:
        lexeme = self.next()
        kind = lexeme.kind
        if kind == "number":
            return self._number(lexeme)
        if kind == "letter":
            return self.letter(lexeme)
        if kind == "word":
            return self.word(lexeme)
        if kind == "begin":
            return self.scripts(self.environment(lexeme))
        if kind in ("bar", "open"):
            return self.norm(lexeme)
        if kind == "sign" and lexeme.text in "([":
            return self.bracket(lexeme)
        if kind == "sign" and lexeme.text == "{":
            return self.braces(lexeme)
        if kind == "command":
            return self._command(lexeme)
        if kind == "text" and lexeme.text.isalpha():
            return self.word(lexeme._replace(kind="word", font="rm"))
        if kind == "alien":
            raise _alien(lexeme)
        if kind == "sign" and lexeme.text in "_^":
            raise Refusal("a script needs something to stand at", lexeme.span)
        raise self.refused(lexeme)

    def _number(self, lexeme: Lexeme) -> tree.Node:
        if self.peek is not None and self.peek.sign("_"):
            if lexeme.text not in ("0", "1"):
                raise Refusal("a number has no subscript", self.here)
            name = tree.Name(lexeme.text, span=lexeme.span)
            return self.indicator_or(name)
        if lexeme.text == "1" and (found := self._indicator(lexeme)) is not None:
            return found
        return self.scripts(tree.Number(lexeme.text, span=lexeme.span))

    def _indicator(self, one: Lexeme) -> tree.Node | None:
        r"""Return ``1\{j = k\}``, ``1(j = k)``, None where the bracket holds something else."""
        opening = self.peek
        if opening is None or not (opening.sign("(", "[") or opening.command("{")):
            return None
        at = self.at
        self.next()
        try:
            found, _ = self.entries({"(": ")", "[": "]"}.get(opening.text, "}"), opening.span)
        except Refusal:
            found = []
        compared = tuple(x for x in found if isinstance(x, tree.Compare))
        if found and len(compared) == len(found):
            return self.scripts(tree.Indicator(compared, span=one.span.to(self.before.span)))
        self.at = at
        return None

    def _command(self, lexeme: Lexeme) -> tree.Node:
        name = lexeme.text
        structure = self._structure(lexeme)
        if structure is not None:
            return structure
        if name in BIG_OPERATORS:
            return self.big(BIG_OPERATORS[name], lexeme.span)
        if name in FUNCTION_COMMANDS:
            return self.call(FUNCTION_COMMANDS[name], lexeme.span)
        if name in LETTERS_OF_SUMS and self._has_bound():
            return self.big(LETTERS_OF_SUMS[name], lexeme.span)
        if name in NAMED_SYMBOLS:
            return self.applied(tree.Name(name, span=lexeme.span))
        if name in FONTS:
            return self.font(lexeme)
        if name in ACCENTS:
            return self.accent(lexeme)
        if name in DOTS:
            return tree.Dots(span=lexeme.span)
        if name in KNOWN:
            raise self.refused(lexeme)
        function = function_named(name)
        if function is not None:
            return self.call(function, lexeme.span)
        near = nearest(name, KNOWN)
        is_word = len(name) > 1 and not name.islower()  # half may be a number, Attn is a name
        if near is None and is_word and not (self.peek and self.peek.sign("{")):
            # a command of a preamble that is not here: a symbol of that name
            return self.applied(tree.Name(name, "rm", span=lexeme.span))
        raise Refusal(
            f"`\\{name}` is not known", lexeme.span,
            suggestion=f"`\\{near}`" if near else "define it with \\newcommand",
        )  # fmt: skip

    def _has_bound(self) -> bool:
        r"""Return whether a script that follows gives an index its beginning: ``\Sigma_{i=1}``."""
        here = self.at
        try:
            while self.peek is not None and self.peek.sign("_", "^"):
                self.next()
                if any(x.sign("=") for x in self.group()):
                    return True
            return False
        finally:
            self.at = here

    def _structure(self, lexeme: Lexeme) -> tree.Node | None:
        """Return a command with arguments of its own, None for any other command."""
        match lexeme.text:
            case name if name in FRACTIONS:
                above, below = self.group(), self.group()
                return self.scripts(self.fraction(above, below, lexeme.span.to(self.before.span)))
            case "sqrt" | "surd":
                return self._root(lexeme)
            case "binom":
                parts = tuple(self.sub(self.group(), lexeme.span) for _ in range(2))
                span = lexeme.span.to(self.before.span)
                return self.scripts(tree.Call("binomial", parts, span=span))
            case "{":
                return self.set_of(lexeme)
            case "langle":
                return self.inner_product(lexeme)
            case "partial":
                return self.partial(lexeme)
            case "nabla":
                return self.nabla(lexeme)
            case "Delta":
                return self.step(lexeme)
        return None

    def _root(self, lexeme: Lexeme) -> tree.Node:
        lower: tuple[tree.Node, ...] = ()
        if self.peek is not None and self.peek.sign("["):
            opening = self.next()
            found, _ = self.entries("]", opening.span)
            lower = tuple(found)
        place = self.here
        body = self.sub(self.group(), place)
        span = lexeme.span.to(self.before.span)
        return self.scripts(tree.Call("sqrt", (body,), lower, span=span))


def _alien(lexeme: Lexeme) -> Refusal:
    text = lexeme.text
    if text == TAG_MARK:
        hint = "pages make `<em>` of two underscores; look at the source of the page"
        message = "a tag of the page stands in the formula"
        return Refusal(message, lexeme.span, suggestion=hint)
    name = f"`{text}`" if text.isprintable() and text != "`" else f"U+{ord(text):04X}"
    return Refusal(f"{name} is no mathematics", lexeme.span)
