r"""Functions and big operators: what stands in front of its argument.

    \log p_{ij},  \mathrm{softmax}(s_i)_j,  \mathbb{E}_{\alpha_i}[b]        `Functions.call`
    \sum_{j \ne k}^n a_j b_j,  \max_{1 \le i \le n} x_i                     `Functions.big`

A function without brackets takes one factor, or the symbols in a row: ``\log 2 x``.
"""

from __future__ import annotations

from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import (
    BIG_WORDS,
    FUNCTION_COMMANDS,
    LOOSE_OPERATORS,
    MOMENTS,
    NEEDS_BRACKETS,
)
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.scripting import Scripting

__all__ = ["Functions"]

SUM = 10  # the binding power of + and -: how far the body of a sum reaches
APPLIED_LETTERS = frozenset("f g h F G H sigma phi psi Phi Psi Gamma pi ell".split())
"""Letters after which a bracket with a sum in it holds an argument, even below a bare function."""
INVERTIBLE = frozenset("exp log tanh sinh cosh sech sigmoid softmax softplus".split())
"""Functions whose power -1 is their inverse function for some and a reciprocal for others."""
WORD_OF = {"lse": "lse", "entropy": "entropy", "total": "sum", "mean": "mean"}


class Functions(Scripting):
    """Functions with their scripts and arguments, big operators with their bounds."""

    # -- functions ----------------------------------------------------------------------------

    def call(self, function: str, span: Span) -> tree.Node:
        """Return a function with its scripts and its argument."""
        if function in BIG_WORDS.values() and self.peek is not None and self.peek.sign("_"):
            return self.big(function, span)
        lower: list[tree.Node] = []
        power: list[tree.Node] = []
        primes = 0
        while self.peek is not None and self.peek.sign("'"):
            primes += 1
            self.next()
        while (lexeme := self.peek) is not None and lexeme.sign("_", "^"):
            self.next()
            opening = self.here
            if lexeme.text == "_":
                found = self.script("_")
                if function in MOMENTS:
                    inner = self.inner(found)
                    lower += inner.comparisons()
                    inner.finish()
                else:
                    lower += self.items(found, opening)
            else:
                found = self.script("^")
                if function in INVERTIBLE and found and found[0].sign("-", "("):
                    raise Refusal("a superscript of a function that is no power", opening)
                if found and all(x.command("prime") for x in found):
                    primes += len(found)
                else:
                    power.append(self.sub(found, opening))
        if primes and function in NEEDS_BRACKETS:
            raise Refusal("a prime stands after a symbol, or a function of a number", span)
        node = self._called(function, tuple(lower), span, primes)
        for exponent in power:
            node = tree.Power(node, exponent, span=node.span)
        return node

    def _called(
        self, function: str, lower: tuple[tree.Node, ...], span: Span, primes: int
    ) -> tree.Node:
        lexeme = self.peek
        if lexeme is not None and (lexeme.sign("(", "[") or lexeme.command("{")):
            self.next()
            close = {"(": ")", "[": "]"}.get(lexeme.text, "}")
            found, signs = self.entries(close, lexeme.span)
            whole = span.to(self.before.span)
            if not found:
                raise Refusal("nothing stands in this bracket", lexeme.span)
            if "|" in signs and function not in ("kl",):
                raise Refusal("a bar cannot part the arguments of this function", lexeme.span)
            if function == "kl" and len(found) != 2:
                raise Refusal("a divergence has two arguments", whole, expected="`\\|`")
            call = tree.Call(function, tuple(found), lower, primes=primes, span=whole)
            return self.scripts(call)
        if function == "expectation":
            argument = self.operand()
            return tree.Call(function, (argument,), lower, span=span.to(argument.span))
        if function in NEEDS_BRACKETS and WORD_OF.get(function):
            name = tree.Name(WORD_OF[function], "rm", span=span)  # \mathrm{lse}_j, a quantity
            return tree.Entry(name, lower, span=span) if lower else self.scripts(name)
        if function in NEEDS_BRACKETS:
            raise Refusal("this function needs its argument in brackets", span, expected="`(`")
        argument = self._bare_argument(span)
        whole = span.to(argument.span)
        return tree.Call(function, (argument,), lower, bare=True, primes=primes, span=whole)

    def _bare_argument(self, span: Span) -> tree.Node:
        """Return the argument of a function without brackets: one factor, or symbols in a row."""
        if self.peek is None:
            raise Refusal("this function has no argument", span, expected="an argument")
        sign = self.peek
        if sign.sign("-"):
            self.next()
            body = self.operand()
            return tree.Negate(body, span=sign.span.to(body.span))
        factors = [self.operand()]
        first = factors[0]
        if isinstance(first, tree.Apply) and isinstance(first.base, tree.Name):
            is_sum = any(isinstance(x, tree.Add) for x in first.arguments)
            if is_sum and first.base.letter not in APPLIED_LETTERS and not first.base.primes:
                raise Refusal(  # \log p (1 - p)
                    "whether this bracket belongs to the argument is open", first.span,
                    suggestion="put the argument into brackets",
                )  # fmt: skip
        slash, after = self.peek, self.ahead()
        is_open = slash is not None and slash.sign("/") and not (after and after.command("partial"))
        if slash is not None and is_open and not isinstance(factors[0], tree.Number):
            raise Refusal(
                "whether the division belongs to the argument is open", slash.span,
                suggestion="put the argument into brackets",
            )  # fmt: skip
        while _is_plain(factors[-1]) and self._continues():
            at = self.at
            factor = self.operand()
            if not _is_plain(factor):
                self.at = at
                break
            factors.append(factor)
        if len(factors) == 1:
            return factors[0]
        return tree.Product(tuple(factors), span=factors[0].span.to(factors[-1].span))

    def _continues(self) -> bool:
        lexeme = self.peek
        if lexeme is None or lexeme.kind not in ("letter", "number", "command"):
            return False
        if lexeme.kind == "command" and (
            lexeme.text in FUNCTION_COMMANDS
            or lexeme.text in LOOSE_OPERATORS
            or lexeme.text in ("frac", "partial", "nabla", "sum")
        ):
            return False
        return self.begins_operand(lexeme)

    # -- big operators ----------------------------------------------------------------------

    def big(self, operator: str, span: Span) -> tree.Node:
        """Return a sum, product, maximum, ... with its bounds and its body."""
        bounds: list[tree.Bound] = []
        conditions: list[tree.Compare] = []
        last: tree.Node | None = None
        has_lower = False
        while (lexeme := self.peek) is not None and lexeme.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if operator == "int" and [x.text for x in found if x.text not in "+-"] == ["infty"]:
                continue  # over all values
            if lexeme.text == "^":
                last = self.sub(found, opening) if found else None
            elif found:
                has_lower = True
                self._bounds(found, bounds, conditions, opening)
        if last is not None and bounds:
            ends = bounds[-1] = replace(bounds[-1], last=last)
            for n in reversed(range(len(bounds) - 1)):  # i, j = 1
                if bounds[n].first or bounds[n].domain or not ends.first:
                    break
                bounds[n] = replace(bounds[n], first=ends.first, last=last)
        elif last is not None:
            raise Refusal("nothing says over which index this runs", span, expected="`_{i=1}`")
        if operator in ("max", "min") and not has_lower:
            return self.call(operator, span)
        if operator == "lim":
            raise Refusal("limits are not in the claims language", span)
        if self.peek is None:
            raise Refusal("nothing stands after this", span, expected="a summand")
        if operator == "int":
            return self._integral(bounds, span)
        body = self.expression(SUM)
        return tree.Sum(tuple(bounds), body, tuple(conditions), operator, span=span.to(body.span))

    def _integral(self, bounds: list[tree.Bound], span: Span) -> tree.Node:
        r"""Return ``\int f(z) \, dz`` over all z; the d may stand in front, and be upright."""
        if any(x.first is not None or x.last is not None for x in bounds):
            raise Refusal("integrals between bounds are not in the claims language", span)
        at, depth = self.at, 0
        for n, lexeme in enumerate(self.lexemes[at:], at):
            depth += lexeme.sign("(", "[", "{") or lexeme.command("{")
            depth -= lexeme.sign(")", "]", "}") or lexeme.command("}")
            if depth < 0 or lexeme.kind in ("row", "cell"):
                break
            if depth == 0 and (after := self._after_d(n)) is not None:
                body = self.lexemes[at:n]
                self.at = after
                letter = self.operand()
                if not isinstance(letter, tree.Name | tree.Entry):
                    break
                inside = self.sub(body, span) if body else self.expression(SUM)
                bound = tree.Bound(letter, span=letter.span)
                return tree.Sum((bound,), inside, (), "int", span=span.to(self.before.span))
        raise Refusal("nothing says over what this integral runs", span, expected="`dz`")

    def _after_d(self, n: int) -> int | None:
        """Return where the variable begins after the d of an integral at ``n``, None if none is."""
        found = self.lexemes[n : n + 5]
        upright = len(found) == 5 and found[0].command("mathrm", "text", "mathop", "operatorname")
        if upright and found[1].sign("{") and found[2].text == "d" and found[3].sign("}"):
            return n + 4
        if len(found) > 1 and found[0].kind in ("letter", "word") and found[0].text == "d":
            is_letter = found[1].kind in ("letter", "word", "command")
            return n + 1 if is_letter and self.begins_operand(found[1]) else None
        return None

    def _bounds(
        self,
        found: list[Lexeme],
        bounds: list[tree.Bound],
        conditions: list[tree.Compare],
        place: Span,
    ) -> None:
        inner = self.inner(found)
        bound: list[tree.Node] = []
        while inner.peek is not None:
            if inner.peek.sign(",", ";") or inner.peek.command("quad", "qquad"):
                inner.next()
                continue
            if bounds and (inner.peek.sign(":") or inner.peek.command("mid")):
                inner.next()  # k : k \neq j
                continue
            if inner.peek.kind == "text":
                word = inner.next().text.lower().strip(" .,:;")
                if word not in ("and", "with", "where", "for", "s.t", "such that", ""):
                    raise Refusal("these words are not read as a condition", inner.before.span)
                continue
            if inner.peek.kind == "row" or inner.peek.command("forall"):
                inner.next()  # \sum_{\forall x}
                continue
            nodes = inner.comparison()
            if len(nodes) == 1 and not isinstance(nodes[0], tree.Compare):
                node = nodes[0]
                letters = (
                    node.factors
                    if isinstance(node, tree.Product) and not node.operator
                    else (node,)
                )
                for letter in letters:
                    if not isinstance(letter, tree.Name | tree.Entry):
                        raise Refusal("a sum runs over an index letter", letter.span)
                    bounds.append(tree.Bound(letter, span=letter.span))
                    bound.append(letter)
                continue
            compared = [n for n in nodes if isinstance(n, tree.Compare)]
            if len(compared) == 2 and not _same(compared[0].left, bound):
                middle = compared[0].right  # 1 <= j <= m
                if not _same(middle, bound) and isinstance(middle, tree.Name | tree.Entry):
                    low, high = compared[0].left, compared[1].right
                    if compared[0].relation == compared[1].relation == "<=":
                        bounds.append(tree.Bound(middle, low, high, span=place))
                        bound.append(middle)
                        continue
            for compare in compared:
                self._bound(compare, bounds, conditions, bound)
        inner.finish()

    def _bound(
        self,
        compare: tree.Compare,
        bounds: list[tree.Bound],
        conditions: list[tree.Compare],
        bound: list[tree.Node],
    ) -> None:
        left = compare.left
        listed = left.entries if isinstance(left, tree.Tuple) else (left,)
        known = _same(left, bound)
        if compare.relation == "=" and not known:
            if not isinstance(left, tree.Name | tree.Entry):
                raise Refusal("a sum runs over an index letter", left.span)
            bounds.append(tree.Bound(left, compare.right, span=compare.span))
            bound.append(left)
            return
        if compare.relation == "in" and not known:
            for letter in listed:
                bounds.append(tree.Bound(letter, domain=compare.right, span=compare.span))
                bound.append(letter)
            return
        if not known and not bounds and isinstance(left, tree.Name | tree.Entry):
            bounds.append(tree.Bound(left, span=left.span))
            bound.append(left)
        conditions.append(compare)


def _is_plain(node: tree.Node) -> bool:
    return isinstance(node, tree.Number | tree.Name | tree.Entry | tree.Power) and not (
        isinstance(node, tree.Power) and not isinstance(node.base, tree.Name | tree.Entry)
    )


def _same(node: tree.Node, known: list[tree.Node]) -> bool:
    return any(node == x for x in known)
