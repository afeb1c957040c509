"""Short names for the entries of a model, as its laws write them."""

from __future__ import annotations

from typing import Any

from theory.algebra.symbols import Index, Partial
from theory.models.model import Model

__all__ = ["Entries"]


class Entries:
    """Entries of one model: ``x("p", x.i, x.c)`` is p_ic, ``x("L")`` a scalar.

    Every letter of the model is an index over its size, every size an attribute: ``x.i``, ``x.C``.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        indices = {x: Index(x, model.size_names[s]) for s, xs in model.letters.items() for x in xs}
        self._symbols: dict[str, Any] = {**model.size_names, **indices}

    def __getattr__(self, name: str) -> Any:
        """Return an index or a size.

        Raises `AttributeError` for a name that is neither.
        """
        try:
            return self.__dict__["_symbols"][name]
        except KeyError:
            raise AttributeError(
                f"`{name}` is no size and no letter of model `{self.model.name}`; "
                f"it has {', '.join(self._symbols)}."
            ) from None

    def __call__(self, name: str, *index: Any) -> Any:
        """Return an entry, or a scalar where no index is given."""
        tensor: Any = self.model.tensors[name]
        return tensor[index] if index else tensor

    def gradient(self, name: str, *index: Any) -> Partial:
        """Return the derivative of the loss by an entry."""
        return Partial(self.model.loss, self(name, *index))
