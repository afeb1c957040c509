"""The Coq file of a statement: model, derivatives, law; everything proved where it stands.

    Section Law.
    sizes, inputs, hypotheses
    X_of ... := ...        the lines of the model that a derivative moves, as functions
    X := X_of ...          their values
    dL_ds i j := Derive    the derivatives that the statement speaks of
    u i a := ...           its vocabulary
    Theorem law
    End Law.

Between them stand lemmas: shares are positive and sum to one, each derivative exists and has a
closed form.  Only the definitions and the theorem have to be read; coqc checks the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from proofs_checks.certificates.derivatives import Derivatives
from proofs_checks.certificates.instances import instance_of, witness
from proofs_checks.certificates.lemmas import DerivativeLemmas
from proofs_checks.certificates.premises import Premises
from proofs_checks.certificates.printing import Names, Scope, commented, coq_term
from proofs_checks.certificates.problem import Problem
from proofs_checks.certificates.program import Program, instance
from proofs_checks.certificates.theorems import Theorem
from theory.algebra.expressions import entry_tensor, refresh, slots, tensors_in
from theory.algebra.symbols import Index, Size
from theory.models.model import name_of

__all__ = ["Certificate", "certificate"]


@dataclass(frozen=True)
class Certificate:
    """A Coq file: the name of its theorem, its text, and the lemmas about derivatives in it.

    ``sizes`` and ``variables`` say which names of the file stand for which sizes, tensors and
    scalars of the model, ``free`` are the indices of the statement in the theorem's order, and
    ``places`` the numbered positions, from 0.
    """

    problem: Problem
    theorem: str
    text: str
    lemmas: tuple[str, ...] = ()
    sizes: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    free: tuple[Index, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)


def certificate(problem: Problem) -> Certificate:
    """Return the certificate of a statement.

    Raises `NotCertified` with the reason where none is written.
    """
    return Emission(problem).certificate()


class Emission:
    """Writes one file."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.program = Program(problem)
        program, model = self.program, problem.model
        letters = {x.replace("'", "") for found in model.letters.values() for x in found}
        tensors = [*program.variables, *program.lines, *program.used_words]
        self.names = Names(tensors, [s.name for s in self.sizes], letters)
        self.theorem = re.sub(r"[^A-Za-z0-9_]", "_", problem.name)
        if not self.theorem[:1].isalpha():
            self.theorem = f"law_{self.theorem}"
        self.premises = Premises(program, self.names)
        self.derivatives = Derivatives(program, self.names, self.premises)

    @cached_property
    def sizes(self) -> list:
        """The sizes of the model, and those that only the statement has."""
        found = list(self.problem.model.sizes)
        for name in self.program.tensors:
            found += [s for s in self.program.axes(name) if s not in found]
        return found

    @cached_property
    def places(self) -> dict[str, int]:
        """The names of numbered positions, each with the place, from 0, that it stands for."""
        return {self.names.place(n): n - 1 for n, _ in self.program.positions}

    def certificate(self) -> Certificate:
        """Return the file."""
        theorem = Theorem(self.problem, self.program, self.names, self.premises, self.derivatives)
        vocabulary = self._vocabulary()
        law = theorem.lines(self.theorem)
        model = self._model()
        body = [
            *self.premises.facts(),
            *DerivativeLemmas(self.program, self.names, self.derivatives).lines(),
            *vocabulary,
            *law,
        ]
        declared, hypotheses = self._declarations("\n".join([*model, *body]))
        lemmas = tuple(f"{name}_is" for name in self.derivatives.at_point)
        text = "\n".join([
            *self._opening(),
            "From Proofhead Require Import Certificate.",
            "",
            "Section Law.",
            'Set Default Proof Using "All".',
            *declared,
            *model,
            "",
            "(** Premises. *)",
            *hypotheses,
            *body,
            "End Law.",
            "",
            *self._instance(declared, hypotheses),
            f"Check {self.theorem}.",
            *(f"Print Assumptions {name}." for name in (self.theorem, *lemmas)),
            "",
        ])  # fmt: skip
        sizes = {self.names.size(s): s for s in self.sizes}
        variables = {self.names.tensor(n): self.program.tensors[n] for n in self.program.variables}
        return Certificate(
            self.problem,
            self.theorem,
            text,
            lemmas,
            sizes,
            variables,
            tuple(theorem.free),
            self.places,
        )

    def _instance(self, declared: list[str], hypotheses: list[str]) -> list[str]:
        program = self.program
        known = set(program.variables)
        constraints = [
            c.equation
            for c in self.problem.model.constraints
            if tensors_in(c.equation) <= known | set(program.lines)
        ]
        positive = {n for n in program.variables if program.is_positive_scalar(n)}
        named = {self.names.size(s): s.name for s in self.sizes}
        first = declared[0] if declared and declared[0].endswith(" : nat.") else "Variables : nat."
        said = first.removeprefix("Variables").removesuffix(": nat.").split()
        sizes = [named[x] for x in said]
        ranks = {n: len(program.axes(n)) for n in program.variables}
        opened = []
        for name in program.lines:
            own = self.names.tensor(name)
            opened += [own, f"{own}_of"]
        conditions = [(c.kind, self._written(c.value)) for c in self.premises.needed.values()]
        found = witness(constraints, conditions, ranks, sizes, positive)
        return instance_of(
            self.theorem, sizes, len(self.places), ranks, found, len(hypotheses), opened
        )

    def _written(self, e: Any) -> Any:
        """Return ``e`` in terms of the inputs."""
        if isinstance(e, sp.Indexed | sp.Symbol) and not isinstance(e, Index | Size):
            line = self.program.lines.get(name_of(entry_tensor(e)))
            return e if line is None else self._written(refresh(instance(line, slots(e))))
        if isinstance(e, sp.Sum):
            return sp.Sum(self._written(e.function), *e.limits)
        return e.func(*map(self._written, e.args)) if e.args else e

    def _opening(self) -> list[str]:
        title = commented(self.problem.title)
        order = ""
        if self.problem.order:
            order = (
                "\n    Up to terms of second order in the rate: the theorem is about the derivative"
                "\n    at rate 0, the coefficient of the first order, and says no more."
            )
        return [f"(** {title}.\n    In the model {self.problem.model.name}.{order} *)"]

    def _declarations(self, body: str) -> tuple[list[str], list[str]]:
        """Return the variables and hypotheses of the section: those that the body needs."""
        program, names = self.program, self.names
        hypotheses = self.premises.hypotheses()
        numbered = [(names.place(n), names.size(s)) for n, s in program.positions]
        below = [f"Hypothesis {at}_{n} : ({at} < {n})%nat." for at, n in numbered]
        text = body + "\n".join([*below, *hypotheses])

        def occurs(name: str) -> bool:
            return re.search(rf"(?<![\w']){re.escape(name)}(?![\w'])", text) is not None

        sizes = [names.size(s) for s in self.sizes if occurs(names.size(s))]
        lines = [f"Variables {' '.join(sizes)} : nat."] if sizes else []
        if places := self.places:
            lines.append(f"Variables {' '.join(places)} : nat.  (* numbered positions: any *)")
        lines += [
            f"Variable {names.tensor(n)} : {tensor_type(program, n)}." for n in program.variables
        ]
        positive = [f"Hypothesis {s}_pos : (0 < {s})%nat." for s in sizes]
        positive += below
        positive += [
            f"Hypothesis {names.tensor(n)}_pos : 0 < {names.tensor(n)}."
            for n in program.variables
            if program.is_positive_scalar(n)
        ]
        return lines, [*positive, *hypotheses]

    def _model(self) -> list[str]:
        program, names = self.program, self.names
        if not program.lines:
            return []
        lines = ["", "(** The model. *)"]
        for name, line in program.lines.items():
            scope = Scope(names).binding(*line.parameters)
            arguments = "".join(
                f" ({names.tensor(d)} : {tensor_type(program, d)})"
                for d in program.dependencies[name]
            )
            letters = "".join(f" ({scope.indices[k]} : nat)" for k in line.parameters)
            value = coq_term(line.value, scope)
            lines.append(
                f"Definition {names.tensor(name)}_of{arguments}{letters} : R :=\n  {value}."
            )
        lines += ["", "(** Its values. *)"]
        for name in program.lines:
            own = names.tensor(name)
            value = " ".join([f"{own}_of", *map(names.tensor, program.dependencies[name])])
            lines.append(f"Definition {own} : {tensor_type(program, name)} := {value}.")
        return lines

    def _vocabulary(self) -> list[str]:
        if not self.program.used_words:
            return []
        lines = ["", "(** The vocabulary of the statement. *)"]
        for name, line in self.program.used_words.items():
            scope = self.derivatives.scope().binding(*line.parameters)
            letters = "".join(f" ({scope.indices[k]} : nat)" for k in line.parameters)
            value = coq_term(line.value, scope)
            lines.append(f"Definition {self.names.tensor(name)}{letters} : R := {value}.")
        return lines


def tensor_type(program: Program, name: str) -> str:
    """Return the Coq type of a tensor."""
    return "nat -> " * len(program.axes(name)) + "R"
