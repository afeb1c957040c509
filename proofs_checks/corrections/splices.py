r"""Small changes of an equation's LaTeX, by which a mistake is mended where it stands.

What the author wrote stays as it is, letter for letter, but for one place: a sign, a factor, a
transpose, an index.  Each kind of mistake (`proofs_checks.edits.KINDS`) has its changes.  They are
only texts: whoever uses one reads it again and proves it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from proofs_checks.claims import tree
from proofs_checks.claims.claim import Side
from proofs_checks.claims.places import Span
from proofs_checks.corrections.written import Written

__all__ = ["Pieces", "spliced"]

MINUS = ("-", "−")
TRANSPOSED = r"^\top"
TRANSPOSE = re.compile(  # the mark at the end of A^\top
    r"\s*(?:\^\s*\{?\s*(?:\\top|\\intercal|T|\\math(?:sf|rm|tt)\{?\s*T\}?)\s*\}?|ᵀ|⊤)\Z"
)
RECIPROCAL = re.compile(r"\\frac\{1\}\{(.*)\}")
GROUP = re.compile(r"\{[^{}]*\}|\([^()]*\)|\[[^][]*\]")
SUM = re.compile(r"\S\s*[-+]")
ORDERS = (r"\le", r"\ge", "<", ">")
PLAIN_SUM = re.compile(r"\\sum_\{?([a-z])(?:\}|(?=[\s\\A-Z(\[]))")
PART_SUM = re.compile(r"\\sum_\{\s*([a-z])\s*(\\leq?\s+|\\geq?\s+|<\s*|>\s*)[a-z]\s*\}")
_SYMBOLS = (tree.Name, tree.Entry, tree.Differential, tree.Derivative, tree.Gradient)


@dataclass(frozen=True)
class Pieces:
    """What may be put in: ``symbols`` of the document, ``said`` by the diagnosis, ``letters``."""

    symbols: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


def spliced(side: Side, kind: str, pieces: Pieces) -> Iterator[str]:
    """Yield the LaTeX of a side with one change that undoes a mistake of this kind."""
    text = Written(side)
    for change in _CHANGES.get(kind, ()):
        for new in change(text, pieces):
            if new and new != side.text:
                yield new


# -- signs ------------------------------------------------------------------------------------


def _signs(text: Written, _: Pieces) -> Iterator[str]:
    whole = text.side.node
    if isinstance(whole, tree.Add) and len(whole.terms) == 2:
        yield _turned(text, whole)
    if not isinstance(whole, tree.Negate):
        yield f"-{_factor(text, whole)}"
    for node in text.nodes:
        if isinstance(node, tree.Add):
            yield from _signs_of_terms(text, node)
        elif isinstance(node, tree.Negate) and not isinstance(text.parent(node), tree.Add):
            start = text.bare(node).start
            yield text.put((Span(start, start + 1), ""))
        elif isinstance(node, tree.Call) and node.arguments:
            argument = text.bare(node.arguments[0])
            yield text.put((Span(argument.start, argument.start), "-"))
        elif isinstance(node, tree.Power):
            exponent = text.bare(node.exponent)
            yield text.put((Span(exponent.start, exponent.start), "-"))


def _turned(text: Written, node: tree.Add) -> str:
    """Return a - b as b - a; empty for other sums."""
    first, second = node.terms
    if isinstance(first, tree.Negate) or not isinstance(second, tree.Negate):
        return ""
    return f"{text.of(second.body)} - {text.of(first)}"


def _signs_of_terms(text: Written, node: tree.Add) -> Iterator[str]:
    for n, term in enumerate(node.terms):
        start = text.bare(term).start
        if isinstance(term, tree.Negate):
            if text.text[start : start + 1] in MINUS:
                yield text.put((Span(start, start + 1), "+" if n else ""))
        elif n == 0:
            yield text.put((Span(start, start), "-"))
        else:
            plus = text.text.rfind("+", text.bare(node.terms[n - 1]).end, start)
            if plus >= 0:
                yield text.put((Span(plus, plus + 1), "-"))


# -- factors ----------------------------------------------------------------------------------


def _factor(text: Written, node: tree.Node) -> str:
    """Return the LaTeX of a node as a factor: a sum in brackets."""
    written = text.of(node)
    bare = text.text[slice(*text.bare(node))] if node is not text.side.node else written
    loose = isinstance(node, tree.Add | tree.Negate) and written == bare
    return _in_brackets(written) if loose else written


def _in_brackets(written: str) -> str:
    tall = re.search(r"\\(?:frac|sum|int|prod|sqrt|begin)(?![A-Za-z])", written)
    return rf"\left({written}\right)" if tall else f"({written})"


def _fronts(text: Written) -> Iterator[tree.Node]:
    """Yield where a factor may be put in front: the side, terms, numerators, what is summed."""
    yield text.side.node
    for node in text.nodes:
        if isinstance(node, tree.Add):
            yield from (t.body if isinstance(t, tree.Negate) else t for t in node.terms)
        elif isinstance(node, tree.Quotient):
            yield node.numerator
        elif isinstance(node, tree.Negate):
            yield node.body
        elif isinstance(node, tree.Sum):
            yield node.body
        elif isinstance(node, tree.Call):
            yield from node.arguments


def _factors_put(text: Written, pieces: Pieces) -> Iterator[str]:
    for node in text.nodes:
        if isinstance(node, tree.Quotient):
            yield from _denominators(text, node, pieces)
    for node in _fronts(text):
        for piece in pieces.said:
            written = _factor(text, node)
            new = piece if written == "1" else f"{_as_factor(piece)} {written}"
            yield text.put((text.place(node), new))


def _denominators(text: Written, node: tree.Quotient, pieces: Pieces) -> Iterator[str]:
    r"""Put what the diagnosis says below a fraction into a fraction that is there."""
    place, below = text.place(node.denominator), text.of(node.denominator)
    yield text.put((place, rf"\sqrt{{{below}}}"))
    for piece in pieces.said:
        match = RECIPROCAL.fullmatch(piece)
        if match:
            yield text.put((place, match[1]))
            yield text.put((place, f"{match[1]} {below}"))


def _as_factor(piece: str) -> str:
    return _in_brackets(piece) if SUM.search(_outer(piece)) else piece


def _outer(piece: str) -> str:
    """Return what stands outside all brackets and braces."""
    while (shorter := GROUP.sub("", piece)) != piece:
        piece = shorter
    return piece


def _factors_taken(text: Written, _: Pieces) -> Iterator[str]:
    for node in text.nodes:
        if isinstance(node, tree.Product):
            for n in range(len(node.factors)):
                yield text.put((_with_operator(text, node, n), ""))
        elif isinstance(node, tree.Quotient):
            yield text.put((text.place(node), _factor(text, node.numerator)))
            if isinstance(node.numerator, tree.Number):
                yield text.put((text.place(node.numerator), "1"))


def _with_operator(text: Written, node: tree.Product, n: int) -> Span:
    """Return the place of a factor and of the sign that joins it to the others."""
    if n:
        return Span(text.place(node.factors[n - 1]).end, text.place(node.factors[n]).end)
    return Span(text.place(node.factors[0]).start, text.place(node.factors[1]).start)


def _replaced(text: Written, pieces: Pieces) -> Iterator[str]:
    for node in text.nodes:
        if isinstance(node, tree.Number | tree.Quotient | tree.Name | tree.Entry | tree.Call):
            for piece in pieces.said:
                yield text.put((text.place(node), piece))


# -- indices, transposes ----------------------------------------------------------------------


def _transposed(text: Written, pieces: Pieces) -> Iterator[str]:
    for node in text.nodes:
        if isinstance(node, tree.Entry) and len(node.lower) == 2:
            first, second = (text.bare(x) for x in node.lower)
            a, b = (text.text[slice(*x)] for x in (first, second))
            yield text.put((first, b), (second, a))
    changes = [x for node in text.nodes if (x := _one_transposed(text, node)) is not None]
    yield from (text.put(change) for change in changes)
    for node in text.nodes:
        if isinstance(node, tree.Product) and len(node.factors) == 2:
            yield from _products_transposed(text, node, changes)
    if isinstance(text.side.node, tree.Product | tree.Add | tree.Negate):
        yield f"{_in_brackets(text.text)}{TRANSPOSED}"
    for one, other in itertools.combinations(changes, 2):
        if one[0].end <= other[0].start or other[0].end <= one[0].start:
            yield text.put(one, other)


def _products_transposed(
    text: Written, node: tree.Product, changes: list[tuple[Span, str]]
) -> Iterator[str]:
    """Yield a product of two the other way round: both transposed, none, and one of them."""
    places = [text.place(factor) for factor in node.factors]
    plain = [text.of(factor) for factor in node.factors]
    turned: list[str] = []
    for place, written in zip(places, plain, strict=True):
        inside = [(s, n) for s, n in changes if place.start <= s.start and s.end <= place.end]
        if len(inside) != 1:
            turned.append("")
            continue
        span, new = inside[0]
        before, after = span.start - place.start, span.end - place.start
        turned.append(written[:before] + new + written[after:])
    (a, b), (a_t, b_t) = plain, turned
    for first, second in ((b_t, a_t), (b, a), (b_t, a), (b, a_t)):
        if first and second:
            yield text.put((places[0], first), (places[1], second))


def _one_transposed(text: Written, node: tree.Node) -> tuple[Span, str] | None:
    """Return the change that transposes a symbol, or takes its transpose away."""
    if isinstance(node, tree.Transpose):
        place = text.bare(node)
        plain, count = TRANSPOSE.subn("", text.text[slice(*place)])
        return (place, plain) if count else None
    parent = text.parent(node)
    is_part = isinstance(parent, tree.Transpose | tree.Entry | tree.Differential | tree.Derivative)
    if isinstance(node, tree.Entry) and len(node.lower) > 1:
        if not any(isinstance(x, tree.Slice) for x in node.lower):
            return None  # its indices can be exchanged
    if isinstance(node, _SYMBOLS) and not is_part:
        written = text.of(node)
        compound = isinstance(node, tree.Derivative | tree.Gradient)
        whole = _in_brackets(written) if compound else written
        return text.place(node), whole + TRANSPOSED
    return None


def _indices(text: Written, pieces: Pieces) -> Iterator[str]:
    for node in text.nodes:
        names: tuple[tree.Node, ...] = ()
        if isinstance(node, tree.Entry):
            names = node.lower
        elif isinstance(node, tree.Bound):
            names = (node.index,)
        elif isinstance(node, tree.Call):
            names = node.lower
        for name in names:
            if isinstance(name, tree.Name):
                for letter in pieces.letters:
                    yield text.put((text.bare(name), letter))


def _parts_of_ranges(text: Written, pieces: Pieces) -> Iterator[str]:
    r"""Let a sum run over part of its range, over another part, or over all of it."""
    for match in PLAIN_SUM.finditer(text.text):
        for letter in pieces.letters:
            for sign in ORDERS if letter != match[1] else ():
                new = rf"\sum_{{{match[1]} {sign} {letter}}}"
                yield text.put((Span(*match.span()), new))
    for match in PART_SUM.finditer(text.text):
        for sign in ORDERS:
            yield text.put((Span(*match.span(2)), f"{sign} "))
        yield text.put((Span(*match.span()), rf"\sum_{{{match[1]}}}"))


# -- quantities, powers, terms ----------------------------------------------------------------


def _exchanged(text: Written, _: Pieces) -> Iterator[str]:
    places = {text.bare(n): text.text[slice(*text.bare(n))] for n in _stems(text)}
    by_name: dict[str, list[Span]] = {}
    for span, written in places.items():
        by_name.setdefault(written, []).append(span)
    for one, other in itertools.combinations(by_name, 2):
        swapped = [(s, other) for s in by_name[one]] + [(s, one) for s in by_name[other]]
        yield text.put(*swapped)


def _quantities(text: Written, pieces: Pieces) -> Iterator[str]:
    for node in _stems(text):
        for symbol in pieces.symbols:
            yield text.put((text.bare(node), symbol))
    for node in text.nodes:
        if isinstance(node, _SYMBOLS) and not isinstance(node, tree.Name):
            for symbol in (*pieces.said, *pieces.symbols):
                yield text.put((text.bare(node), symbol))


def _stems(text: Written) -> Iterator[tree.Node]:
    """Yield the names of quantities, without their indices."""
    indices = {id(x) for n in text.nodes if isinstance(n, tree.Entry) for x in n.lower}
    indices |= {id(n.index) for n in text.nodes if isinstance(n, tree.Bound)}
    for node in text.nodes:
        if isinstance(node, tree.Name) and id(node) not in indices:
            yield node


def _powers(text: Written, _: Pieces) -> Iterator[str]:
    for node in text.nodes:
        place = text.place(node)
        if isinstance(node, tree.Power):
            yield text.put((place, text.of(node.base)))
            for exponent in ("2", "3", "-1"):
                yield text.put((place, f"{text.of(node.base)}^{{{exponent}}}"))
        elif isinstance(node, tree.Quotient):
            above, below = _factor(text, node.numerator), _factor(text, node.denominator)
            yield text.put((place, below if above == "1" else f"{above} {below}"))
        elif isinstance(node, tree.Name | tree.Entry | tree.Norm | tree.Call):
            if not isinstance(text.parent(node), tree.Entry):
                yield text.put((place, f"{text.of(node)}^2"))
                yield text.put((place, rf"\frac{{1}}{{{text.of(node)}}}"))


def _terms_taken(text: Written, _: Pieces) -> Iterator[str]:
    if not isinstance(text.side.node, tree.Add):
        yield "0"
    for node in text.nodes:
        if not isinstance(node, tree.Add):
            continue
        for n, term in enumerate(node.terms):
            place = text.place(term)
            if n:
                yield text.put((Span(text.place(node.terms[n - 1]).end, place.end), ""))
            else:
                second = node.terms[1]
                following = second.body if isinstance(second, tree.Negate) else second
                sign = "-" if isinstance(second, tree.Negate) else ""
                yield text.put((Span(place.start, text.place(following).start), sign))


def _terms_put(text: Written, pieces: Pieces) -> Iterator[str]:
    terms = [(s, x) for x in pieces.symbols for s in "-+"]
    for piece in reversed(pieces.said):
        bare = piece.removeprefix("-")
        terms[:0] = [(s, bare) for s in ("-+" if bare != piece else "+-")]
    for sign, term in terms:
        if not isinstance(text.side.node, tree.Add):
            yield f"{text.text} {sign} {term}"
        for node in text.nodes:
            place = text.bare(node) if node is not text.side.node else text.place(node)
            written = text.text[slice(*place)]
            if isinstance(node, tree.Add):
                yield text.put((place, f"{written} {sign} {term}"))
            elif _is_factor(text, node):
                yield text.put((place, _in_brackets(f"{written} {sign} {term}")))


def _is_factor(text: Written, node: tree.Node) -> bool:
    parent = text.parent(node)
    inside = isinstance(parent, tree.Product | tree.Inner | tree.Quotient | tree.Sum)
    return inside and not isinstance(node, tree.Add | tree.Number | tree.Bound | tree.Compare)


def _quantities_put(text: Written, pieces: Pieces) -> Iterator[str]:
    pool = (*pieces.said, *(s for s in pieces.symbols if s not in pieces.said))
    for symbol in pool:
        for node in (text.side.node, *text.nodes):
            if node is not text.side.node and not _is_factor(text, node):
                continue
            place, written = text.place(node), _factor(text, node)
            for new in (_as_factor(symbol), f"{_as_factor(symbol)}{TRANSPOSED}"):
                yield text.put((place, f"{new} {written}"))
                yield text.put((place, f"{written} {new}"))
            yield text.put((place, rf"{symbol} \odot {written}"))
            yield text.put((place, rf"\mathrm{{diag}}({symbol}) {written}"))


_CHANGES: Mapping[str, tuple[Callable[[Written, Pieces], Iterator[str]], ...]] = {
    "sign": (_signs,),
    "factor": (_factors_put, _factors_taken, _replaced),
    "exchanged": (_exchanged,),
    "transposed": (_transposed, _indices),
    "wrong_index": (_indices, _transposed),
    "wrong_sum": (_indices, _parts_of_ranges),
    "wrong_axis": (_indices, _transposed),
    "wrong_power": (_powers,),
    "extra_term": (_terms_taken, _parts_of_ranges),
    "missing_term": (_parts_of_ranges, _terms_put),
    "wrong_quantity": (_quantities, _replaced),
    "extra_factor": (_factors_taken, _parts_of_ranges),
    "missing_factor": (_parts_of_ranges, _factors_put, _quantities_put),
}
