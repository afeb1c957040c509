"""A user's own system, read from a small TOML file.

    name = "van der Pol"
    variables = ["x", "y"]
    [parameters]
    mu = 1.5
    [definitions]              # named parts, each may use those before it; optional
    damping = "mu*(1 - x^2)"
    [field]                    # dx/dt and dy/dt; [map] instead gives the next x and y
    x = "y"
    y = "damping*y - x"
    [window]                   # where to look: [low, high] for each variable; optional
    x = [-4, 4]

A map may have [period] too: the period of each variable that is an angle.  A field may mention the
time t, unless the file uses that name: such a driven system has t as a last variable, with rate 1
and start 0, and `period = "2*pi/omega"` above the tables says when the field repeats.

The formulas are those of `numerics.flows.expressions`.  Starting points are uniform in the window,
whose default is [-2, 2] for each variable.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import sympy as sp

from numerics.flows.expressions import FormulaError, read_formula
from numerics.flows.system import System, Variable
from theory.codegen.components import FUNCTIONS, PIECEWISE, Assign, Components
from theory.codegen.names import identifier, nearest, plain_text

__all__ = ["own_system", "own_system_text", "system_of_text"]

KEYS = ("name", "variables", "parameters", "definitions", "field", "map", "period", "window")
BYTES, NAMES, LETTERS, AROUND = 65_536, 64, 24, 60
DEFAULT_WINDOW = (-2.0, 2.0)
TIME = "t"
RESERVED = {"pi", "y", "p", "ratio", "field", "linearisation", *FUNCTIONS, *PIECEWISE}


def own_system(path: str | Path, **settings: float) -> System:
    """Return the system that a TOML file defines, with ``settings`` in place of its parameters.

    Raises `ValueError` for a file that is no such description, with file, line and column where
    a formula is at fault, and for an unknown parameter; `OSError` for a file that cannot be read.
    """
    return system_of_text(own_system_text(path), path, **settings)


def system_of_text(text: str, path: str | Path, /, **settings: float) -> System:
    """Return the system that the text of a TOML file defines; the file need not be there.

    Raises `ValueError` as `own_system` does; ``path`` is what complaints call the file.
    """
    return _Reading(Path(path), text).system(settings)


def own_system_text(path: str | Path) -> str:
    """Return the text of a system's TOML file.

    Raises `FileNotFoundError` where there is none, `ValueError` if it is too long or no UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file `{path}`; give the path of a system's TOML file."
        )
    data = path.read_bytes()
    if len(data) > BYTES:
        raise ValueError(f"{path}: a system's file may have {BYTES} bytes; got {len(data)}.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: must be UTF-8 text; byte {error.start} is not.") from None


@dataclass
class _Reading:
    """One file being read; every complaint begins with its name."""

    path: Path
    text: str

    def system(self, settings: Mapping[str, float]) -> System:
        """Return the system."""
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            self._complain(f"no TOML: {error}.")
        for key in document:
            if key not in KEYS:
                self._complain(f"unknown key `{key}`.{nearest(key, KEYS)} Keys: {', '.join(KEYS)}.")
        variables = self._variables(document)
        values = self._parameters(document, settings)
        kind, formulas = self._dynamics(document, variables)
        definitions = self._table(document, "definitions", str, "formulas in quotes")
        self._check_names([*variables, *values, *definitions])
        box = self._window(document, variables)
        name = document.get("name", self.path.stem)
        if not isinstance(name, str) or not name.strip():
            self._complain(f"`name` must be a text; got {name!r}.")

        symbols = {x: _symbol(x) for x in (*variables, *values)}
        constants = {symbols[x]: value for x, value in values.items()}
        period = self._forcing(document, kind, symbols, constants)
        states = [symbols[x] for x in variables]
        clock = _symbol(TIME)
        timed = kind == "field" and TIME not in (*symbols, *definitions)
        if timed:
            symbols[TIME] = clock
        stages = []
        for x, formula in definitions.items():
            e = self._formula("definitions", x, formula, symbols, constants)
            symbols[x] = _symbol(x)
            stages.append(Assign(symbols[x], e))
        outputs = [self._formula(kind, x, formulas[x], symbols, constants) for x in variables]
        used = set().union(*(e.free_symbols for e in (*outputs, *(x.value for x in stages))))
        driven = timed and clock in used
        if period is not None and not driven:
            self._complain("`period` is that of a [field] that mentions the time t; this does not.")
        low, high = np.array([box[x] for x in variables], dtype=float).T
        window = tuple(float(x) for side in zip(low, high, strict=True) for x in side)
        if driven:
            variables, states, outputs = [*variables, TIME], [*states, clock], [*outputs, sp.S.One]
            window = (*window, 0.0, period or 1.0)
            low, high = np.append(low, 0.0), np.append(high, 0.0)
        return System(
            name=plain_text(name),
            title=plain_text(name),
            kind="map" if kind == "map" else "flow",
            variables=tuple(Variable(x, (), x) for x in variables),
            field=Components(
                plain_text(name),
                tuple(states),
                tuple(constants),
                tuple(stages),
                tuple(outputs),
                tuple(variables),
            ),
            values=np.array(list(values.values()), dtype=float),
            settings={"file": str(self.path), **values},
            starts=lambda rng, count: rng.uniform(low, high, size=(count, len(variables))),
            periods=self._periods(document, variables, kind),
            window=window,
            forcing=(period or np.inf) if driven else None,
        )

    def _complain(self, what: str) -> NoReturn:
        raise ValueError(f"{self.path}: {what}")

    # -- the parts of the file ------------------------------------------------------------------

    def _variables(self, document: Mapping[str, Any]) -> list[str]:
        found = document.get("variables")
        names = isinstance(found, list) and all(isinstance(x, str) for x in found)
        if not names or not found or len(found) > NAMES:
            self._complain(
                f'`variables` must list 1 to {NAMES} names, such as ["x", "y"]; got {found!r}.'
            )
        return found

    def _parameters(
        self, document: Mapping[str, Any], settings: Mapping[str, float]
    ) -> dict[str, float]:
        found = self._table(document, "parameters", (int, float), "numbers")
        for x, value in settings.items():
            if x not in found:
                self._complain(
                    f"no parameter `{x}`.{nearest(x, found)} "
                    f"Parameters: {', '.join(found) or 'none'}."
                )
            found[x] = value
        for x, value in found.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                self._complain(f"parameter `{x}` must be a number; got {value!r}.")
            if not np.isfinite(float(value)):
                self._complain(f"parameter `{x}` must be finite; got {value!r}.")
        return {x: float(value) for x, value in found.items()}

    def _dynamics(
        self, document: Mapping[str, Any], variables: Sequence[str]
    ) -> tuple[str, dict[str, str]]:
        given = [x for x in ("field", "map") if x in document]
        if len(given) != 1:
            both = "both" if given else "neither"
            self._complain(
                f"needs either [field] (dx/dt of each variable) or [map] (the next x); got {both}."
            )
        formulas = self._table(document, given[0], str, "formulas in quotes")
        for x in formulas:
            if x not in variables:
                self._complain(
                    f"[{given[0]}] has a formula for `{x}`, which is no variable."
                    f"{nearest(x, variables)} Variables: {', '.join(variables)}."
                )
        for x in variables:
            if x not in formulas:
                self._complain(f"[{given[0]}] has no formula for the variable `{x}`.")
        return given[0], formulas

    def _window(
        self, document: Mapping[str, Any], variables: Sequence[str]
    ) -> dict[str, tuple[float, float]]:
        box = dict.fromkeys(variables, DEFAULT_WINDOW)
        for x, interval in self._table(document, "window", list, "intervals [low, high]").items():
            if x not in box:
                self._complain(f"[window] names `{x}`, which is no variable.{nearest(x, box)}")
            numbers = all(isinstance(n, int | float) for n in interval) and len(interval) == 2
            if not numbers or not np.isfinite(interval).all() or not interval[0] < interval[1]:
                self._complain(
                    f"[window] `{x}` must be [low, high], two finite numbers with low < high; "
                    f"got {interval}."
                )
            box[x] = (float(interval[0]), float(interval[1]))
        return box

    def _periods(
        self, document: Mapping[str, Any], variables: Sequence[str], kind: str
    ) -> tuple[float, ...]:
        if kind == "field" and not isinstance(document.get("period", {}), dict):
            return ()  # that of the forcing
        found = self._table(document, "period", (int, float), "numbers")
        if found and kind != "map":
            self._complain("[period] is for a [map]; leave it out of a [field].")
        for x, period in found.items():
            if x not in variables:
                self._complain(
                    f"[period] names `{x}`, which is no variable.{nearest(x, variables)}"
                )
            if not (np.isfinite(period) and period > 0):
                self._complain(f"[period] `{x}` must be a finite number above 0; got {period!r}.")
        return tuple(float(found.get(x, np.inf)) for x in variables) if found else ()

    def _forcing(
        self, document: Mapping[str, Any], kind: str, symbols: Mapping[str, sp.Symbol],
        constants: Mapping[sp.Symbol, float],
    ) -> float | None:  # fmt: skip
        """Return the period of the forcing of a field, None if none is given."""
        given = document.get("period")
        if kind != "field" or given is None or isinstance(given, dict):
            return None
        if isinstance(given, str):
            parameters = {x: e for x, e in symbols.items() if e in constants}
            e = self._formula("", "period", given, parameters, constants)
            value = complex(e.subs(list(constants.items())).evalf())
            given = value.real if value.imag == 0 else np.nan
        number = isinstance(given, int | float) and not isinstance(given, bool)
        if not number or not (np.isfinite(given) and given > 0):
            self._complain(
                "`period` of a [field] must be a number above 0, or a formula of the parameters "
                f'in quotes, such as "2*pi/omega"; got {document["period"]!r}.'
            )
        return float(given)

    def _table(
        self, document: Mapping[str, Any], key: str, kind: type | tuple[type, ...], what: str
    ) -> dict[str, Any]:
        table = document.get(key, {})
        if not isinstance(table, dict):
            self._complain(f"[{key}] must be a table of {what}; got {table!r}.")
        if len(table) > NAMES:
            self._complain(f"[{key}] may have {NAMES} entries; got {len(table)}.")
        for x, value in table.items():
            if not isinstance(value, kind):
                self._complain(f"[{key}] `{x}` must be one of {what}; got {value!r}.")
        return dict(table)

    def _check_names(self, names: Sequence[str]) -> None:
        seen: set[str] = set()
        for x in names:
            letters = x.rstrip("'").isidentifier() and x[0].isalpha() and x[-1] != "_"
            if not letters or len(x) > LETTERS:
                self._complain(
                    f"`{x}` is no name: a letter, then letters, digits, _ and ', "
                    f"not ending in _, at most {LETTERS} characters."
                )
            if x == "pi" or x in FUNCTIONS:
                self._complain(f"`{x}` has a meaning of its own; take another name.")
            spelled = str(_symbol(x))
            if spelled in seen:
                self._complain(
                    f"the name `{x}` stands twice among variables, parameters, "
                    "definitions; give each its own."
                )
            seen.add(spelled)

    # -- formulas -------------------------------------------------------------------------------

    def _formula(
        self, section: str, name: str, text: str,
        symbols: Mapping[str, sp.Symbol], constants: Mapping[sp.Symbol, float],
    ) -> sp.Expr:  # fmt: skip
        try:
            return read_formula(text, symbols, constants)
        except FormulaError as error:
            line, column = self._place(section, name, text, error.start)
            where = f"{self.path}:{line}:{column}" if line else str(self.path)
            place = f"[{section}] {name}" if section else name
            excerpt = _excerpt(text, error.start, error.end)
            raise ValueError(f"{where}: {place}: {error.message}\n{excerpt}") from None

    def _place(self, section: str, name: str, formula: str, offset: int) -> tuple[int, int]:
        """Return line and column in the file, (0, 0) if the text does not stand there as it is."""
        inside = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.lstrip().startswith("["):
                inside = line.strip(" \t[]").split("]")[0]
            key, _, _ = line.partition("=")
            if inside == section and key.strip(" \t\"'") == name and formula in line:
                return number, line.index(formula, len(key)) + offset + 1
        return 0, 0


def _excerpt(text: str, start: int, end: int) -> str:
    """Return the line around a place, cut to what fits a screen, and carets under the place."""
    first = max(text.rfind("\n", 0, start) + 1, start - AROUND)
    line = text[first : start + AROUND].split("\n", 1)[0]
    carets = "^" * max(1, min(end - start, len(line) - (start - first)))
    return f"    {line}\n    {' ' * (start - first)}{carets}"


def _symbol(name: str) -> sp.Symbol:
    """Return the symbol of a name; in generated code `y` and `p` are the vectors."""
    text = identifier(name)
    return sp.Symbol(f"{text}_" if text in RESERVED else text)
