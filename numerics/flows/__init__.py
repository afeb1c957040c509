"""The dynamical systems: right-hand sides generated from the laws, with checked parameters."""

from numerics.flows.attention_flow import attention_flow
from numerics.flows.binary_head import binary_head
from numerics.flows.catalogue import SYSTEMS, settings_of, system_from, system_named
from numerics.flows.em_map import em_flow, em_map
from numerics.flows.em_symmetric import em_symmetric, em_symmetric_flow
from numerics.flows.head_flow import head_flow
from numerics.flows.mixture_flow import mixture_flow
from numerics.flows.own_system import own_system
from numerics.flows.system import Quantity, System, Variable

__all__ = [
    "SYSTEMS",
    "Quantity",
    "System",
    "Variable",
    "attention_flow",
    "binary_head",
    "em_flow",
    "em_map",
    "em_symmetric",
    "em_symmetric_flow",
    "head_flow",
    "mixture_flow",
    "own_system",
    "settings_of",
    "system_from",
    "system_named",
]
