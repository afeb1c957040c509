"""Programs of scalars: a model's equations at concrete sizes, for flows and for ball arithmetic.

`unroll` makes a `Components` from lines of a model; `component_source` and `linearisation_source`
write Python for it; `local_derivatives` gives its Jacobian without expanding anything;
`batch_values` and `batch_jacobian` run it with NumPy.
"""

from theory.codegen.components.batch import batch_jacobian, batch_values
from theory.codegen.components.derivative import (
    LocalDerivatives,
    local_derivatives,
    log_sum_exp_weight,
)
from theory.codegen.components.piecewise import PIECEWISE, jump, maximum, step
from theory.codegen.components.program import (
    Assign,
    Components,
    LogSumExp,
    Softmax,
    Stage,
    symbols_of,
)
from theory.codegen.components.source import FUNCTIONS, component_source, linearisation_source
from theory.codegen.components.unroll import entries, unroll

__all__ = [
    "FUNCTIONS",
    "PIECEWISE",
    "Assign",
    "Components",
    "LocalDerivatives",
    "LogSumExp",
    "Softmax",
    "Stage",
    "batch_jacobian",
    "batch_values",
    "component_source",
    "entries",
    "jump",
    "linearisation_source",
    "local_derivatives",
    "log_sum_exp_weight",
    "maximum",
    "step",
    "symbols_of",
    "unroll",
]
