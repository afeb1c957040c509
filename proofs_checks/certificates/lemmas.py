"""Lemmas about derivatives: how each line is differentiated, and what each derivative is.

``dL_ds_rule`` is about any scores s: `is_derive (fun t => L(... s with s_ij = t)) (s i j) (...)`,
so that it can be differentiated again.  ``dL_ds`` is the derivative at the model's own scores,
``dL_ds_is`` and ``dL_ds_eq`` say what it is there.
"""

from __future__ import annotations

from contextlib import suppress

from proofs_checks.certificates.closed_forms import closed_form
from proofs_checks.certificates.derivatives import Derivatives, Node, quantities
from proofs_checks.certificates.functions import Functions
from proofs_checks.certificates.printing import Names, Scope, coq_term, generic
from proofs_checks.certificates.problem import NotCertified
from proofs_checks.certificates.program import Program
from proofs_checks.certificates.rules import (
    first_of,
    has_fractions,
    inverse_rules,
    kept_lines,
    packed,
    root_rules,
    share_rule,
    written_out_shares,
)
from theory.algebra.expressions import entry_tensor
from theory.algebra.symbols import Flow, Partial
from theory.models.model import name_of

__all__ = ["DerivativeLemmas"]

CLOSE = "first [assumption | solve [auto] | intros; positive]"
DERIVE = "derive ltac:(idtac; line)"  # Ltac would evaluate a bare `line` at once


class DerivativeLemmas:
    """Writes the lemmas about the derivatives of one program."""

    def __init__(self, program: Program, names: Names, derivatives: Derivatives) -> None:
        self.program, self.names, self.derivatives = program, names, derivatives

    def lines(self) -> list[str]:
        """Return the lemmas about all derivatives."""
        if not self.derivatives.nodes:
            return []
        lines = ["", "(** How the lines of the model are differentiated. *)", *self._tactic()]
        for node in self.derivatives.nodes.values():
            lines += self._rule(node)
        lines += ["", "(** The derivatives of the statement. *)"]
        for node in self.derivatives.at_point.values():
            lines += self._at_point(node)
        return lines

    def _tactic(self) -> list[str]:
        cases = []
        for name, line in self.program.lines.items():
            own, n = self.names.tensor(name), len(self.program.dependencies[name])
            if not n:
                continue
            curves = " ".join(f"(@?f{m} t)" for m in range(n))
            slots_ = "".join(f" ?i{m}" for m in range(len(line.parameters)))
            given = "".join(f" i{m}" for m in range(len(line.parameters)))
            functions = " ".join(f"f{m}" for m in range(n))
            if name in self.program.shares:
                act = f"apply (D_{own}_of {functions}); [assumption.. |intros; cbv beta; {DERIVE}]"
                cases.append(f"  | |- is_derive (fun t => {own}_of {curves}{slots_}) _ _ => {act}")
                continue
            bound = " ".join(f"x{m}" for m in range(n))
            taken = " ".join(f"(f{m} t)" for m in range(n))
            cases += [
                f"  | |- is_derive (fun t => {own}_of {curves}{slots_}) ?pt ?d =>",
                f"    let g := eval cbv beta delta [{own}_of] in "
                f"(fun {bound} => {own}_of {bound}{given}) in",
                f"    change (is_derive (fun t => g {taken}) pt d); cbv beta; {DERIVE}",
            ]
        lines = ["Ltac line :=", "  lazymatch goal with", *cases]
        for n in range(4):
            letters = "".join(f" ?i{m}" for m in range(n))
            given = "".join(f" i{m}" for m in range(n))
            lines += [
                f"  | |- is_derive (fun t => descend{n} ?x ?d t{letters}) _ _ =>",
                f"    apply (D_descend{n} x d{given}); rate x",
            ]
        return [
            *lines,
            "  | _ => fail",
            "  end.",
            "Ltac known := fail.",
        ]

    def _rule(self, node: Node) -> list[str]:
        names, program = self.names, self.program
        base = generic(names, node.frontier).binding(*node.parameters)
        frontier = [base.term(n) for n in node.frontier]
        roots = self.derivatives.roots(self.derivatives.all_moved(node.expression))
        base = here = self.derivatives.moved_scope(base, {n: base.term(n) for n in roots})
        function, point = self.derivatives.function(node.expression, base)
        closed = coq_term(node.closed, here)
        binders = "".join(
            f" ({text} : {'nat -> ' * len(program.axes(n))}R)"
            for n, text in zip(node.frontier, frontier, strict=True)
        )
        start = f"forall{binders}, " if binders else ""
        premises = "".join(f"({c.text(here)}) ->\n  " for c in node.premises)
        letters = " ".join(f"{base.indices[k]} H{base.indices[k]}" for k in node.parameters)
        lines = [
            f"Lemma {node.name}_rule : {start}{premises}{base.ranges(node.parameters)}",
            f"  is_derive ({function}) {point}",
            f"    ({closed}).",
            f"Proof. intros{' ' + ' '.join(frontier) if binders else ''}"
            f"{''.join(f' P{n}' for n in range(len(node.premises)))} {letters}.".rstrip(". ")
            + ".",
        ]
        quantity = node.expression.args[0]
        if quantity.has(Partial, Flow):
            lifted, _ = self.derivatives.function(node.expression, base, closed_inside=True)
            same = "[intros; cbv beta; same ltac:(symmetry; known)|]"
            if near := self.derivatives.near(node, base):
                lines += [
                    f"  apply (D_near ({near}) ({lifted}));",
                    f"  [near ltac:(idtac; line)|intros {names.time} Q; cbv beta in Q;",
                    "   decompose [and] Q; cbv beta; same ltac:(symmetry; known)|].",
                ]
            else:
                lines.append(f"  apply (D_ext ({lifted})); {same}.")
        if isinstance(node.expression, Flow):
            lines += self._rates(node, base)
        lines.append("  eapply D_eq; [" + DERIVE + "|cbv beta; at_start].")
        lines += self._finish(node, here)
        rules = " | ".join(f"apply {n}_rule" for n in self._known(upto=node))
        lines += [
            f"Ltac known ::= apply is_derive_unique; first [{rules}]; {CLOSE}.",
        ]
        return lines

    def _rates(self, node: Node, base: Scope) -> list[str]:
        """Return what a step moves each tensor by, in closed form."""
        lines = []
        for number, (x, rate) in enumerate(node.expression.pairs):
            name = name_of(entry_tensor(x))
            entry, at = self.program.entry(name)
            derivative = Partial(self.program.model.loss, entry)
            rule, _ = self.derivatives.lookup(derivative)
            direction = self.derivatives.direction(x, rate, base)
            inner = base.binding(*at)
            applied = " ".join([f"({direction})", *(inner.indices[k] for k in at)])
            value = f"{coq_term(rate, inner, 2)} * {self.derivatives.closed(derivative, inner)}"
            lines += [
                f"  assert (G{number} : rate_of {base.term(name)} ({inner.ranges(at)}",
                f"    {applied} = {value})).",
                "  { unfold rate_of; intros; cbv beta; apply (f_equal (Rmult _)).",
                f"    apply is_derive_unique, {rule.name}_rule; {CLOSE}. }}",
            ]
        return lines

    def _known(self, upto: Node) -> list[str]:
        found = []
        for n in self.derivatives.nodes.values():
            found.append(n.name)
            if n is upto:
                break
        return found[::-1]

    def _finish(self, node: Node, here: Scope) -> list[str]:
        """Return the end of a rule's proof: names for the shares, then the normaliser."""
        program, names = self.program, self.names
        involved = self._involved(node)
        texts = [node.closed, *quantities(node.expression)]
        texts += [program.lines[n].value for n in involved if n not in program.shares]
        kept = [n for n in program.lines if n in involved and (
            n in program.shares or n in kept_lines(program, texts))]  # fmt: skip
        plain = [f"{names.tensor(n)}_of" for n in involved if n not in kept]
        if program.is_scalar:
            opened = " ".join(f"{names.tensor(n)}_of" for n in involved)
            unfold = f"cbv beta delta [{opened}]; " if opened else ""
            named = f"cbv beta delta [{' '.join(plain)}]; " if plain else ""
            return [f"  first [solve [{named}sumring_go tt] | solve [{unfold}scalar]]. Qed."]
        lines, rules = [], []
        for number, (text, _) in enumerate(inverse_rules(program, texts, here)):
            lines.append(f"assert (V{number} : {text}) by (intros; apply Rinv_r; positive).")
            rules.append(f"V{number}")
        for number, (text, lemma) in enumerate(root_rules(texts, here)):
            lines.append(f"assert (Q{number} : {text}) by (intros; apply {lemma}; positive).")
            rules.append(f"Q{number}")
        for number, name in enumerate(n for n in written_out_shares(program) if n in kept):
            line = program.lines[name]
            inner = here.binding(*line.parameters)
            last = inner.indices[line.parameters[-1]]
            size = names.size(line.parameters[-1].size)
            entry = coq_term(line.symbol, inner)
            rows = f"{inner.ranges(line.parameters[:-1])}sum {size} (fun {last} => {entry}) = 1"
            lines += [
                f"assert (S{number} : {share_rule(program, name, here)}) by reflexivity.",
                f"assert (R{number} : {rows}) by (intros; apply {names.tensor(name)}_of_rows; "
                "assumption).",
            ]
            rules = [f"S{number}", f"R{number}", *rules]
        for name in reversed(kept):
            lines.append(f"set (v_{names.tensor(name)} := {here.term(name)}) in *.")
        if plain:
            lines.append(f"cbv beta delta [{' '.join(plain)}].")
        ways = [[*lines, f"sumring_go {packed(rules)}."]]
        if has_fractions(texts):
            with suppress(NotCertified):  # a function without rules is an atom
                functions = Functions(program, here, texts)
                for e in (node.closed, closed_form(program, node.expression.args[0])):
                    functions.read(e)
                ways.append([*functions.steps, f"sumring_go {packed(functions.rules)}."])
        return [f"  {first_of(*ways)} Qed."]

    def _involved(self, node: Node) -> list[str]:
        """Return the lines that the rule of a node is about."""
        computed = self.program.computed(
            self.derivatives.roots(self.derivatives.all_moved(node.expression))
        )
        return [n for n in self.program.lines if n in computed]

    def _at_point(self, node: Node) -> list[str]:
        names = self.names
        scope = Scope(names).binding(*node.parameters)
        function, point = self.derivatives.function(node.expression, scope)
        letters = "".join(f" ({scope.indices[k]} : nat)" for k in node.parameters)
        given = "".join(f" {scope.indices[k]}" for k in node.parameters)
        held = " ".join(f"{scope.indices[k]} H{scope.indices[k]}" for k in node.parameters)
        ranges = scope.ranges(node.parameters)
        values = " ".join([*map(names.tensor, node.frontier), *("_" for _ in node.premises)])
        intros = f"intros {held}. " if held else ""
        return [
            f"Definition {node.name}{letters} : R :=\n  Derive ({function}) {point}.",
            f"Definition {node.name}_value{letters} : R :=\n  {coq_term(node.closed, scope)}.",
            f"Lemma {node.name}_is : {ranges}\n  is_derive ({function}) {point} "
            f"({node.name}_value{given}).",
            f"Proof. {intros}refine ({node.name}_rule {values} {held}); {CLOSE}. Qed.",
            f"Lemma {node.name}_eq : {ranges}{node.name}{given} = {node.name}_value{given}.",
            f"Proof. intros. apply is_derive_unique, {node.name}_is; assumption. Qed.",
        ]
