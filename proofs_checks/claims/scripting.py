"""Scripts: subscripts, superscripts and primes, and the brackets after a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import factorial
from typing import Any

from proofs_checks.claims import tree
from proofs_checks.claims.arguments import Arguments
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import FACTORIAL, FONTS, MARKS, SUPERSCRIPTS, TRANSPOSES
from proofs_checks.claims.places import Span, touch
from proofs_checks.claims.problems import Refusal

__all__ = ["Scripting", "of_a_policy"]

_INDEX_LETTERS = frozenset("ijklm")
LEFT_OUT = ("setminus", "backslash", "neq", "le", "leq", "lt")
EXCEPT = {"<": "before", "lt": "before", "le": "upto", "leq": "upto"}
"""What stands before an index in a subscript, as part of the name."""


class Scripting(Arguments):
    """What may stand around an operand."""

    is_below = False  # right after a slash

    def scripts(
        self, node: tree.Node, span: Span | None = None, *, only_names: bool = False
    ) -> tree.Node:
        """Return a node with the scripts that follow it."""
        lower: list[tree.Node] = []
        upper: list[tree.Node] = []
        wraps: list[Callable[[tree.Node], tree.Node]] = []
        taken: list[str] = []
        primes = 0
        start = span or node.span
        while (lexeme := self.peek) is not None:
            if lexeme.sign("'"):
                self.next()
                primes += 1
            elif lexeme.sign("_", "^"):
                if lexeme.text in taken:
                    place = "subscripts" if lexeme.text == "_" else "superscripts"
                    raise Refusal(f"two {place} at one symbol", lexeme.span, expected="braces")
                taken.append(lexeme.text)
                self.next()
                if lexeme.text == "_":
                    lower += self.subscripts()
                else:
                    primes += self._superscript(node, upper, wraps)
            elif lexeme.sign("!") and len(wraps) < 4 and not only_names:
                self.next()
                wraps.append(_factorial)
            else:
                break
        end = self.before.span if self.at else start
        whole = start.to(end)
        if primes:
            node = self._primed(node, primes, whole)
        if lower or upper:
            if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
                node = replace(
                    node, lower=(*node.lower, *lower), upper=(*node.upper, *upper), span=whole
                )
            else:
                node = tree.Entry(node, tuple(lower), tuple(upper), span=whole)
        for wrap in wraps:
            node = replace(wrap(node), span=whole)
        return node

    def _primed(self, node: tree.Node, primes: int, span: Span) -> tree.Node:
        if isinstance(node, tree.Name):
            return replace(node, primes=node.primes + primes, span=span)
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            base = replace(node.base, primes=node.base.primes + primes)
            return replace(node, base=base, span=span)
        raise Refusal("a prime stands after a symbol", span)

    def subscripts(self) -> list[tree.Node]:
        """Return the items of a subscript, one for each index."""
        opening = self.here
        return self.items(self.script("_"), opening)

    def script(self, mark: str) -> list[Lexeme]:
        """Take a script; refuse ``s_ij`` and ``x^10``, of which TeX takes one sign only."""
        first = self.peek
        found = self.group()
        if first is None or first.kind not in ("letter", "number"):
            return found
        whole, following, after = first.text, self.peek, self.ahead()
        if (
            first.kind == "letter"
            and following is not None
            and following.kind == "letter"
            and following.text in _INDEX_LETTERS
            and following.span.start == first.span.end
            and not (after is not None and after.sign("_", "^", "(", "[", "'"))
            and not self.spelled(self.at)[0]  # y_ilog(p): y_i log(p)
        ):
            whole += following.text
        if len(whole) > 1 and (first.kind == "number" or whole != first.text):
            raise Refusal(
                f"in `{mark}{whole}` TeX takes `{whole[0]}` only",
                first.span,
                suggestion=f"`{mark}{{{whole}}}`, or a blank before what is a factor",
            )
        return found

    def items(self, found: list[Lexeme], place: Span) -> list[tree.Node]:
        """Return the items of a script: at commas, and at letters side by side."""
        if not found:
            return []
        kinds = {x.kind for x in found}
        if "text" in kinds and kinds <= {"text", "letter", "word"}:  # row\text{-}wise
            joint = " " if kinds == {"text"} else ""
            return [tree.Label(joint.join(x.text for x in found), span=place)]
        if len(found) == 1 and found[0].kind == "word":
            return [tree.Label(found[0].text, span=found[0].span)]
        if len(found) == 1 and found[0].kind in ("sign", "command") and found[0].text in MARKS:
            return [tree.Label(MARKS[found[0].text], span=found[0].span)]
        if len(found) == 1 and found[0].sign(":") or len(found) == 1 and found[0].command("cdot"):
            return [tree.Slice(span=found[0].span)]
        parts: list[list[Lexeme]] = [[]]
        depth = 0
        for x in found:
            depth += x.sign("(", "[", "{") or x.command("{")
            depth -= x.sign(")", "]", "}") or x.command("}")
            is_bar = _is_given(x) and not depth and bool(parts[-1])
            if is_bar or x.sign(",", ";") and not depth:
                parts.append([])
            else:
                parts[-1].append(x)
            if is_bar:  # p_{j|i} is no p_{ji}
                parts[-1:] = [[x], []]
        items: list[tree.Node] = []
        for part in parts:
            if len(part) == 1 and _is_given(part[0]):
                items.append(tree.Label("given", span=part[0].span))
            else:
                items += self._item(part, place)
        return items

    def _item(self, found: list[Lexeme], place: Span) -> list[tree.Node]:
        if not found:
            return []
        if len(found) == 1 and (found[0].sign(":") or found[0].command("cdot")):
            return [tree.Slice(span=found[0].span)]
        if len(found) == 1 and found[0].kind in ("word", "text"):
            return [tree.Label(found[0].text, span=found[0].span)]
        colon = next((n for n, x in enumerate(found) if x.sign(":")), None)
        if colon is not None:
            if colon == len(found) - 1:  # P_{i:}
                return [*self.items(found[:colon], place), tree.Slice(span=found[-1].span)]
            if colon == 0:
                return [tree.Slice(span=found[0].span), *self.items(found[1:], place)]
            first = self.sub(found[:colon], place)
            last = self.sub(found[colon + 1 :], place)
            return [tree.Interval(first, last, span=place)]
        if found[0].sign("<") or found[0].command(*LEFT_OUT):
            # y_{<t} is another quantity of t
            mark = tree.Label(EXCEPT.get(found[0].text, "but"), span=found[0].span)
            return [mark, *self.items(found[1:], place)]
        if found[-1].command("cdot"):  # P_{i\cdot}
            return [*self.items(found[:-1], place), tree.Slice(span=found[-1].span)]
        if found[0].command("cdot"):
            return [tree.Slice(span=found[0].span), *self.items(found[1:], place)]
        if found[0].sign("(", "[") and found[-1].sign(")", "]") and self._one_bracket(found):
            kind = found[0].text
            self.depth += 1
            if self.depth > self.limits.nesting:
                raise Refusal(f"more than {self.limits.nesting} nested groups", place)
            inner = self.items(found[1:-1], place)
            self.depth -= 1
            if len(inner) == 1:
                return [tree.Bracketed(inner[0], kind, span=place)]
            return [tree.Bracketed(tree.Tuple(tuple(inner), span=place), kind, span=place)]
        plain = self._letters(found)
        if plain is not None:
            return plain
        inner = self.inner(found)
        nodes = inner.comparison()
        inner.finish()
        if len(nodes) == 1 and isinstance(nodes[0], tree.Product) and not nodes[0].operator:
            factors = nodes[0].factors
            simple = (tree.Name, tree.Number, tree.Entry)
            if all(isinstance(x, simple) for x in factors):
                return list(factors)
        return nodes

    @staticmethod
    def _one_bracket(found: list[Lexeme]) -> bool:
        depth = 0
        for n, x in enumerate(found):
            depth += x.sign("(", "[") - x.sign(")", "]")
            if depth == 0:
                return n == len(found) - 1
        return False

    def _letters(self, found: list[Lexeme]) -> list[tree.Node] | None:
        """Return single letters and numbers side by side, None if there is anything else."""
        items: list[tree.Node] = []
        for x in found:
            if x.kind == "letter":
                items.append(tree.Name(x.text, x.font, span=x.span))
            elif x.kind == "number":
                items.append(tree.Number(x.text, span=x.span))
            elif x.sign("'") and items and isinstance(items[-1], tree.Name):
                items[-1] = replace(items[-1], primes=items[-1].primes + 1)
            else:
                return None
        return items

    def _superscript(
        self,
        base: tree.Node,
        upper: list[tree.Node],
        wraps: list[Callable[[tree.Node], tree.Node]],
    ) -> int:
        """Take one superscript; return how many primes it is."""
        opening = self.here
        found = self.script("^")
        if not found:
            return 0
        if len(found) > 1 and _ends_transposed(found):  # W^{(2)\top}
            primes = self._upper(base, found[:-1], opening, upper, wraps)
            wraps.append(lambda n: tree.Transpose(n, "top", span=n.span))
            return primes
        primes = 0
        while len(found) > 1 and (found[-1].command("prime") or found[-1].sign("'")):
            if not found[-2].sign(")", "]", "'") and not found[-2].command("prime"):
                break  # the j' of A^{ij'} is an index
            found, primes = found[:-1], primes + 1  # g^{(l)\prime}
        return primes + self._upper(base, found, opening, upper, wraps)

    def _upper(
        self,
        base: tree.Node,
        found: list[Lexeme],
        opening: Span,
        upper: list[tree.Node],
        wraps: list[Callable[[tree.Node], tree.Node]],
    ) -> int:
        """Take what stands in one superscript; return how many primes it is."""
        first = found[0]
        if all(x.command("prime") or x.sign("'") for x in found):
            return len(found)
        mark = self._transposition(found)
        if mark is not None:
            wraps.append(lambda n, m=mark: tree.Transpose(n, m, span=n.span))
            return 0
        if first.sign("-") and (mark := self._transposition(found[1:])) is not None:
            minus = tree.Negate(tree.Number("1", span=first.span), span=first.span)
            wraps.append(lambda n: tree.Power(n, minus, span=n.span))
            wraps.append(lambda n, m=mark: tree.Transpose(n, m, span=n.span))
            return 0
        if len(found) == 1 and first.kind in ("sign", "command") and first.text in MARKS:
            upper.append(tree.Label(MARKS[first.text], span=first.span))
            return 0
        if all(x.kind in ("word", "text") for x in found):
            upper.append(tree.Label(" ".join(x.text for x in found), span=opening))
            return 0
        if isinstance(base, tree.Name) and base.letter != "e" and (word := _word_of(found)):
            upper.append(tree.Label(word, span=opening))
            return 0
        if first.sign("(", "[") and found[-1].sign(")", "]") and self._one_bracket(found):
            inside = found[1:-1]
            if first.text == "(" and self._is_computed(inside):
                node = self.sub(found, opening)
                wraps.append(lambda n, e=node: tree.Power(n, e, span=n.span))
                return 0
            upper += self._item(found, opening)
            return 0
        node = self.sub(found, opening)
        wraps.append(lambda n, e=node: tree.Power(n, e, span=n.span))
        return 0

    @staticmethod
    def _is_computed(found: list[Lexeme]) -> bool:
        """Return whether a bracketed superscript is a computed power rather than a label."""
        return any(x.sign("/") or x.command("frac", "cdot") for x in found)

    def _transposition(self, found: list[Lexeme]) -> str | None:
        found = [x for x in found if not x.sign("{", "}")]
        if len(found) == 2 and found[0].kind == "command" and found[0].text in FONTS:
            found = found[1:]
            if found[0].text in ("T", "t"):
                return "top"
        if len(found) != 1:
            return None
        x = found[0]
        if x.kind == "command" and x.text in TRANSPOSES:
            return "top"
        if x.kind == "word" and x.text in ("T", "t", "tr"):
            return "top"
        return x.text if x.kind == "letter" and x.text in ("T", "t") else None

    # -- brackets after names ---------------------------------------------------------------

    def applied(self, name: tree.Node) -> tree.Node:
        """Return a name with its scripts, applied to the bracket that follows it."""
        node = self.scripts(name)
        lexeme = self.peek
        if lexeme is not None and lexeme.sign("(", "["):
            node = of_a_policy(node)
        is_name = isinstance(node, tree.Name) or (
            isinstance(node, tree.Entry) and isinstance(node.base, tree.Name)
        )
        if lexeme is None or not is_name or not lexeme.sign("(", "["):
            return node
        if self.is_below and lexeme.span.start != node.span.end:
            return node
        self.next()
        close = ")" if lexeme.text == "(" else "]"
        found, signs = self.entries(close, lexeme.span)
        span = node.span.to(self.before.span)
        if not found:
            raise Refusal("nothing stands in this bracket", lexeme.span)
        if lexeme.text == "[" and len(found) == 1 and isinstance(found[0], tree.Compare):
            bracket = tree.Indicator((found[0],), span=lexeme.span.to(self.before.span))
            return tree.Product((node, self.scripts(bracket)), span=span)
        call = tree.Apply(node, tuple(found), tuple(signs), lexeme.text, span=span)
        return self.scripts(call)

    def indicator_or(self, one: tree.Name) -> tree.Node:
        r"""Return ``\mathbb{1}[j = k]`` or ``1_{j = k}``, else the name 1 with its scripts."""
        lexeme = self.peek
        if lexeme is not None and (lexeme.sign("[", "(") or lexeme.command("{")):
            self.next()
            close = {"[": "]", "(": ")"}.get(lexeme.text, "}")
            found, _ = self.entries(close, lexeme.span)
            if found and all(isinstance(x, tree.Compare) for x in found):
                span = one.span.to(self.before.span)
                compared: Any = tuple(found)
                return self.scripts(tree.Indicator(compared, span=span))
            raise Refusal("an indicator needs a condition", lexeme.span, expected="`j = k`")
        if lexeme is not None and lexeme.sign("_"):
            at = self.at
            self.next()
            opening = self.here
            found = self.group()
            if found and found[0].command("{") and found[-1].command("}"):
                found = found[1:-1]
            inner = self.inner(found)
            nodes = inner.comparisons()
            inner.finish()
            if nodes and all(isinstance(x, tree.Compare) for x in nodes):
                compared = tuple(nodes)
                return self.scripts(
                    tree.Indicator(compared, span=one.span.to(opening.to(self.before.span)))
                )
            self.at = at
        return self.scripts(one)

    def space(self, base: str, span: Span) -> tree.Node:
        r"""Return ``\mathbb{R}^{N \times d}``."""
        dims: list[tree.Node] = []
        if self.peek is not None and self.peek.sign("^"):
            self.next()
            opening = self.here
            found = self.group()
            parts: list[list[Lexeme]] = [[]]
            for x in found:
                if x.command("times") or x.sign(","):
                    parts.append([])
                else:
                    parts[-1].append(x)
            dims = [self.sub(part, opening) for part in parts if part]
        if self.peek is not None and self.peek.sign("_"):  # \mathbb{R}_+
            self.next()
            self.group()
        return tree.Space(base, tuple(dims), span=span.to(self.before.span))

    def outside(self, node: tree.Node, make: Callable[[tree.Node], tree.Node]) -> tree.Node:
        """Return ``make`` of a node below its transposes and powers: (dO)^T."""
        if isinstance(node, tree.Transpose | tree.Power):
            return replace(node, base=self.outside(node.base, make))
        return make(node)


def _word_of(found: list[Lexeme]) -> str:
    """Return the word that letters side by side spell, as no product in an exponent is."""
    word = "".join(x.text for x in found if x.kind == "letter")
    if len(word) != len(found) or not touch(found):
        return ""
    is_run = list(word) == sorted(word)  # x^{ijkl} has four indices
    return word if word in SUPERSCRIPTS or (len(word) > 3 and not is_run) else ""


def _ends_transposed(found: list[Lexeme]) -> bool:
    r"""Return whether a superscript ends with a transposition: ``{l\top}``, ``{(2)T}``."""
    before, last = found[-2:]
    if before.sign("-"):
        return False
    return last.command(*TRANSPOSES) or (
        last.kind == "letter" and last.text == "T" and before.sign(")", "]")
    )


def _is_given(lexeme: Lexeme) -> bool:
    r"""Return whether a lexeme is the bar of ``p_{j|i}``."""
    return (lexeme.kind == "bar" and lexeme.text == "|") or lexeme.command("mid")


def of_a_policy(node: tree.Node) -> tree.Node:
    r"""Return ``V^\pi`` with the policy as a part of its name; anything else as it is."""
    if not isinstance(node, tree.Power):
        return node
    base, policy = node.base, node.exponent
    name = policy.base if isinstance(policy, tree.Entry) else policy
    stem = base.base if isinstance(base, tree.Entry) else base
    if not isinstance(name, tree.Name) or name.letter not in ("pi", "mu"):
        return node
    if not isinstance(stem, tree.Name) or not stem.letter.isupper():
        return node
    label = tree.Bracketed(policy, span=policy.span)
    if isinstance(base, tree.Entry):
        return replace(base, upper=(*base.upper, label), span=node.span)
    return tree.Entry(stem, (), (label,), span=node.span)


def _factorial(node: tree.Node) -> tree.Node:
    """Return the number n!, or an unknown function of what is no number."""
    if isinstance(node, tree.Number) and node.text.isdigit() and int(node.text) <= 20:
        return tree.Number(str(factorial(int(node.text))), span=node.span)
    return tree.Apply(tree.Name(FACTORIAL, font="rm", span=node.span), (node,), span=node.span)
