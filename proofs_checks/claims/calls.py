r"""Functions and their arguments: how many, in which brackets, with which scripts."""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.pieces import Bracket, Function, Scripts, refuse, spelled
from proofs_checks.claims.scripts import indices

__all__ = ["called", "is_called_name"]

_ARGUMENTS = {"kl": (2, 2), "cov": (2, 2), "entropy": (1, 2)}
_LETTERS = {"H": "entropy", "sigma": "sigmoid", "E": "expectation", "D": "kl", "O": "order"}
_CERTAIN = frozenset(["expectation", "kl"])
_INDICATORS = ("1", "I", "delta")


def is_called_name(node: tree.Node, bracket: Bracket, alone: bool) -> bool:
    r"""Tell whether a symbol before brackets is a function: ``H(..)``, ``\mathbb{E}_{\alpha}[..]``.

    ``alone`` when the two make up the whole term, as ``O(\eta^2)`` must.
    """
    if _is_one(node) and all(isinstance(x, tree.Compare) for x in bracket.entries):
        return True
    base = node.base if isinstance(node, tree.Entry) and not node.upper else node
    if not isinstance(base, tree.Name) or base.accents or base.primes:
        return False
    plain = base is node
    if base.letter == "E":
        return base.font == "bb" or bracket.opening == "["
    if base.letter == "D":
        return isinstance(node, tree.Entry) and _is_kl(node.lower)
    if base.letter == "O":
        return plain and bracket.opening == "(" and (base.font in {"cal", "scr"} or alone)
    if base.letter == "H":
        return plain and bracket.opening in "(["
    return base.letter == "sigma" and plain and bracket.opening == "(" and not base.font


def called(function: tree.Node, argument: tree.Node) -> tree.Node:
    """Return the call of a `Function`, or of a symbol that is one, with its argument.

    Raises `Refusal` for a wrong number of arguments and for scripts that make no sense.
    """
    span = function.span.to(argument.span)
    if isinstance(argument, Bracket) and not isinstance(function, Function) and _is_one(function):
        return tree.Indicator(argument.entries, span=span)  # type: ignore[arg-type]
    arguments = argument.entries if isinstance(argument, Bracket) else (argument,)
    if isinstance(function, Function):
        name, scripts, certain = function.name, function.scripts, True
    else:
        base = function.base if isinstance(function, tree.Entry) else function
        letter = base.letter if isinstance(base, tree.Name) else ""
        name = _LETTERS[letter]
        lower = function.lower if isinstance(function, tree.Entry) and name != "kl" else ()
        scripts = Scripts(lower)
        certain = name in _CERTAIN or (name == "order" and getattr(base, "font", "") != "")
    name = "sqrt" if name == "surd" else name
    least, most = _ARGUMENTS.get(name, (1, 1))
    if not least <= len(arguments) <= most:
        raise refuse(
            f"this function takes {least} argument{'s' * (least > 1)}; got {len(arguments)}",
            argument,
        )
    for item in arguments:
        if isinstance(item, tree.Compare | tree.Slice | tree.Interval):
            raise refuse("this is no argument of a function", item, expected="an expression")
    bare = not isinstance(argument, Bracket)
    lower = indices(scripts.lower)
    node = tree.Call(name, tuple(arguments), lower, certain, bare, span=span)
    return _raised(node, scripts)


def _raised(call: tree.Call, scripts: Scripts) -> tree.Node:
    r"""Read ``\tanh^2 x`` as the square of the value."""
    if scripts.primes:
        raise refuse("the prime of a function is not read", call, suggestion="write `\\partial`")
    if not scripts.upper:
        return call
    exponent = scripts.upper[0]
    if len(scripts.upper) > 1 or not isinstance(exponent, tree.Number):
        raise refuse(
            "this superscript of a function is not read",
            exponent,
            expected="a positive whole number",
            suggestion="put the function and its argument into brackets",
        )
    return tree.Power(call, exponent, span=call.span)


def _is_one(node: tree.Node) -> bool:
    return (isinstance(node, tree.Number) and node.text == "1") or spelled(node, *_INDICATORS)


def _is_kl(lower: tuple[tree.Node, ...]) -> bool:
    letters = "".join(
        x.letter if isinstance(x, tree.Name) else x.text if isinstance(x, tree.Label) else "?"
        for x in lower
    )
    return letters.lower() == "kl"
