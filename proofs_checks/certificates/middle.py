"""The proof that both sides of a law are equal, once every derivative has its closed form.

The lines of the model are written out, except shares, what is divided by and what stands in a
logarithm: those keep their names, and rules for the normaliser say how they are made.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import sympy as sp

from proofs_checks.certificates.derivatives import Derivatives
from proofs_checks.certificates.functions import Functions
from proofs_checks.certificates.premises import Premises, conditions
from proofs_checks.certificates.printing import Names, Scope, coq_term
from proofs_checks.certificates.problem import NotCertified
from proofs_checks.certificates.program import Program, instance, ordered_free
from proofs_checks.certificates.rules import (
    exponential_rules,
    first_of,
    has_fractions,
    has_powers_of_logarithms,
    inverse_rules,
    is_quotient,
    kept_lines,
    line_of,
    packed,
    root_rules,
    share_rule,
    split_logarithms,
    written_out_shares,
)
from proofs_checks.certificates.summands import outer_sums, summand, wants_summands
from theory.algebra.expressions import entry_tensor, free_indices, refresh, slots, substitute
from theory.algebra.symbols import Flow, Index, Partial
from theory.models.model import name_of

__all__ = ["Middle"]


class Middle:
    """Writes the proof of one law."""

    def __init__(
        self, program: Program, names: Names, premises: Premises, derivatives: Derivatives
    ) -> None:
        self.program, self.names = program, names
        self.premises, self.derivatives = premises, derivatives
        texts: list[Any] = [node.closed for node in derivatives.at_point.values()]
        texts += [program.without_words(e) for e in (program.left, program.right)]
        texts += [line.value for n, line in program.lines.items() if n not in program.shares]
        self.texts = texts
        self.split = split_logarithms(program, texts)
        self.kept = kept_lines(program, texts, self.split) | set(program.shares)
        self.scope = Scope(names)

    def proof(self) -> str:
        """Return the tactics."""
        program = self.program
        values = [f"{n}_value" for n in self.derivatives.at_point]
        if program.is_scalar:
            opened = " ".join([*values, *self._definitions(program.lines)])
            ways = [[*([f"cbv beta delta [{opened}]."] if opened else []), "scalar."]]
            if any(e.has(sp.log) for e in self.texts):
                ways += self._ways_by_functions(values)
            return first_of(*ways)
        if wants_summands(self.texts) and (shown := self._summands(values)):
            return shown
        ways = [self._fractions(values) if self._is_fraction() else self._general(values)]
        if has_fractions(self.texts) or has_powers_of_logarithms(program, self.texts):
            ways += self._ways_by_functions(values)
        return first_of(*ways)

    def _ways_by_functions(self, values: list[str]) -> list[list[str]]:
        """Return the way by functions, none where one of them has no rules."""
        with suppress(NotCertified):
            return [self._by_functions(values)]
        return []

    def _is_fraction(self) -> bool:
        return has_fractions(self.texts) and not written_out_shares(self.program)

    def _general(self, values: list[str]) -> list[str]:
        """Return the tactics that write lines out, except those divided by or in logarithms."""
        program, names = self.program, self.names
        steps, rules = [], [*self.premises.rules()]
        rules += [f"{names.tensor(n)}_rows" for n in program.shares]
        for number, (text, _) in enumerate(inverse_rules(program, self.texts, self.scope)):
            steps.append(f"assert (V{number} : {text}) by (intros; apply Rinv_r; positive).")
            rules.append(f"V{number}")
        for number, (text, lemma) in enumerate(root_rules(self.texts, self.scope)):
            steps.append(f"assert (Q{number} : {text}) by (intros; apply {lemma}; positive).")
            rules.append(f"Q{number}")
        values_of = self.premises.values()
        for number, (text, proof) in enumerate(
            exponential_rules(program, self.texts, values_of, self.scope)
        ):
            steps.append(f"assert (X{number} : {text}) by (intros; {proof}).")
            rules.append(f"X{number}")
        inverses = packed(rules)
        for number, name in enumerate(written_out_shares(program)):
            rule = share_rule(program, name, self.scope)
            steps.append(f"assert (S{number} : {rule}) by reflexivity.")
            rules.append(f"S{number}")
        named = self.kept - set(program.shares)
        for name in (
            filter(named.__contains__, program.lines)
            if self.premises.is_about_order
            else sorted(named)
        ):
            own = names.tensor(name)
            before = packed(rules)
            if made := self._made(name, inverses):
                steps.append(f"assert (N_{own} : {made[0]}) by {made[1]}.")
                is_product = isinstance(program.lines[name].value, sp.Mul)
                rules.insert(0 if is_product else len(rules), f"N_{own}")
            if self.premises.is_about_order and program.lines[name].parameters:
                steps.append(self._row(name, before))
                rules.append(f"T_{own}")
        written = [n for n in program.lines if n not in self.kept and n not in self.split]
        unfold = [*values, *self._definitions(written)]
        if unfold:
            steps.append(f"cbv beta delta [{' '.join(unfold)}].")
        if self.split or any(is_quotient(x.args[0]) for e in self.texts for x in e.atoms(sp.log)):
            steps += self._logarithms(unfold)
        return [*steps, f"sumring_go {packed(rules)}."]

    def _by_functions(self, values: list[str]) -> list[str]:
        """Return the tactics that write functions of sums with as few of them as can be."""
        program = self.program
        outer = self.scope.binding(*ordered_free(program.left, program.right))
        functions = Functions(program, outer, self.texts, self.premises.rules())
        for e in (program.left, program.right):
            functions.read(self.closed(program.without_words(e)))
        steps = [f"cbv beta delta [{' '.join(values)}]."] if values else []
        return [*steps, *functions.steps, f"sumring_go {packed(functions.rules)}."]

    def _fractions(self, values: list[str]) -> list[str]:
        """Return the tactics that bring both sides over one denominator."""
        program = self.program
        texts = [self._all_written(e) for e in (program.left, program.right)]
        steps, rules = [], [*self.premises.rules()]
        rules += [f"{self.names.tensor(n)}_rows" for n in program.shares]
        for number, (text, _) in enumerate(inverse_rules(program, texts, self.scope)):
            steps.append(f"assert (V{number} : {text}) by (intros; apply Rinv_r; positive).")
            rules.append(f"V{number}")
        for number, (text, lemma) in enumerate(root_rules(self.texts, self.scope, of_sizes=True)):
            steps.append(f"assert (Q{number} : {text}) by (intros; apply {lemma}; positive).")
            rules.append(f"Q{number}")
        written = [n for n in program.lines if n not in program.shares]
        unfold = " ".join([*values, *self._definitions(written)])
        steps += [f"cbv beta delta [{unfold}] in *."] if unfold else []
        return [*steps, f"fractions ltac:(idtac; sumring_go {packed(rules)})."]

    def _summands(self, values: list[str]) -> str:
        """Return the tactics that show the law summand by summand, "" if it is not one sum."""
        program = self.program
        summed = [n for n, x in program.lines.items() if outer_sums(self._written(x.value))]
        kept, self.kept = self.kept, set(program.lines) - set(summed)
        left, right = (self._written(self.closed(e)) for e in (program.left, program.right))
        self.kept = kept
        found = summand(left - right)
        if found is None:
            return ""
        k, term = found
        inner = self.scope.binding(*ordered_free(program.left, program.right), k)
        i, steps, rules = inner.indices[k], [], [*self.premises.rules()]
        for number, (text, _) in enumerate(inverse_rules(program, self.texts, self.scope)):
            steps.append(f"assert (V{number} : {text}) by (intros; apply Rinv_r; positive).")
            rules.append(f"V{number}")
        steps += [
            f"cbv beta delta [{' '.join([*values, *self._definitions(summed)])}].",
            f"apply (by_summands {self.names.size(k.size)} (fun {i} => {coq_term(term, inner)})).",
            f"{{ sumring_go {packed(rules)}. }}",
            f"intros {i} H{i}.",
        ]
        folded = self._definitions(n for n in program.lines if n not in summed)
        given = ", ".join(f"?{rule}" for rule, _ in self.premises.values().values())
        last = f"cbv beta delta [{' '.join(folded)}]; "
        last += f"rewrite {given}; scalar." if given else "scalar."
        return "\n  ".join([*steps, last])

    def closed(self, e: Any) -> Any:
        """Return ``e`` with its derivatives in closed form."""
        if isinstance(e, Partial | Flow):
            node, at = self.derivatives.lookup(e)
            return substitute(node.closed, dict(zip(node.parameters, at, strict=True)))
        if isinstance(e, sp.Sum):
            return sp.Sum(self.closed(e.function), *e.limits)
        if not e.args or isinstance(e, sp.Indexed):
            return e
        return e.func(*map(self.closed, e.args))

    def _all_written(self, e: Any) -> Any:
        kept, self.kept = self.kept, set(self.program.shares)
        try:
            return self._written(self.program.without_words(e))
        finally:
            self.kept = kept

    def _definitions(self, lines: Any) -> list[str]:
        return [x for n in lines for x in (self.names.tensor(n), f"{self.names.tensor(n)}_of")]

    def _made(self, name: str, inverses: str) -> tuple[str, str] | None:
        """Return how a line that keeps its name is made, as a rule with its proof."""
        line = self.program.lines[name]
        inner = self.scope.binding(*line.parameters)
        ranges = inner.ranges(line.parameters)
        own = self.names.tensor(name)
        at = " ".join([own, *(inner.indices[k] for k in line.parameters)])
        if isinstance(line.value, sp.exp) or (
            isinstance(line.value, sp.Sum) and isinstance(line.value.function, sp.Indexed)
        ):
            return f"{ranges}{coq_term(line.value, inner)} = {at}", "reflexivity"
        value = self._written(line.value)
        unfold = self._definitions([n for n in self.program.lines if n not in self.kept])
        proof = f"(intros; cbv beta delta [{' '.join([own, f'{own}_of', *unfold])}]; "
        proof += f"sumring_go {inverses})"
        if isinstance(value, sp.Mul) and not any(isinstance(f, sp.Add) for f in value.args):
            below = [f for f in value.args if isinstance(f, sp.Pow) and f.exp == -1]
            others = "".join(f" * {coq_term(f.base, inner, 2)}" for f in below)
            above = sp.Mul(*(f for f in value.args if f not in below))
            return f"{ranges}{at}{others} = {coq_term(above, inner)}", proof
        if not isinstance(value, sp.Sum) or len(value.limits) != 1:
            return None
        bound: Any = value.limits[0][0]
        summed: Any = value.function
        factors = sp.Mul.make_args(summed)
        if any(isinstance(f, sp.Add) for f in factors):
            return None
        below = [f for f in factors if isinstance(f, sp.Pow) and f.exp == -1
                 and bound not in free_indices(f)]  # fmt: skip
        above = sp.Sum(sp.Mul(*(f for f in factors if f not in below)), *value.limits)
        others = "".join(f" * {coq_term(f.base, inner, 2)}" for f in below)
        return f"{ranges}{coq_term(above, inner)} = {at}{others}", proof

    def _row(self, name: str, rules: str) -> str:
        """Return the step that finds the rows of a line to sum to one, if they do."""
        line, own = self.program.lines[name], self.names.tensor(name)
        inner = self.scope.binding(*line.parameters)
        *outer, last = line.parameters
        at = " ".join([own, *(inner.indices[k] for k in line.parameters)])
        total = f"sum {self.names.size(last.size)} (fun {inner.indices[last]} => {at})"
        values = ["1"]
        if isinstance(line.value, sp.Sum):
            bound: list[Any] = [k for k, *_ in line.value.limits]
            values += [f"INR {self.names.size(k.size)}" for k in bound]
        unfold = self._definitions([n for n in self.program.lines if n not in self.kept])
        proof = f"intros; cbv beta delta [{' '.join([own, f'{own}_of', *unfold])}]; "
        tried = [
            f"assert (T_{own} : {inner.ranges(outer)}{total} = {value})\n"
            f"    by ({proof}sumring_go {rules})"
            for value in values
        ]
        return f"first [{' | '.join(tried)} | assert (T_{own} := I)]."

    def _written(self, e: Any) -> Any:
        """Return ``e`` with the lines that do not keep their names written out."""
        if isinstance(e, sp.Indexed | sp.Symbol) and not isinstance(e, Index):
            name = name_of(entry_tensor(e))
            line = None if name in self.kept else self.program.lines.get(name)
            return e if line is None else self._written(refresh(instance(line, slots(e))))
        if isinstance(e, sp.Sum):
            return sp.Sum(self._written(e.function), *e.limits)
        return e.func(*map(self._written, e.args)) if e.args else e

    def _logarithms(self, unfold: list[str]) -> list[str]:
        """Return the steps that write logarithms of products as sums, and the lines in them out."""
        cases = ""
        for name in sorted(self.split):
            own, n = self.names.tensor(name), len(self.program.lines[name].parameters)
            made = f"cbv beta delta [{own} {own}_of]; logarithm ltac:(reflexivity)"
            cases += f"\n    | |- ln ({own}{' _' * n}) = _ => {made}"
        match = f"idtac; lazymatch goal with{cases} | _ => reflexivity end"
        known = f"logarithm ltac:({match if cases else 'reflexivity'})"
        named = {line_of(self.program, c.value) for e in self.texts for c in conditions(e)}
        written = [n for n in self.program.lines if n not in self.program.shares
                   and (n in self.split or (n in self.kept and n not in named))]  # fmt: skip
        again = " ".join([*unfold, *self._definitions(written)])
        steps = [f"written_out ltac:(idtac; {known})."]
        return [*steps, f"cbv beta delta [{again}] in *."] if again else steps
