"""Every system by name, explicitly."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from numerics.flows.attention_flow import attention_flow
from numerics.flows.binary_head import binary_head
from numerics.flows.em_map import em_flow, em_map
from numerics.flows.em_symmetric import em_symmetric, em_symmetric_flow
from numerics.flows.head_flow import head_flow
from numerics.flows.mixture_flow import mixture_flow
from numerics.flows.own_system import own_system
from numerics.flows.system import System
from theory.codegen.names import nearest

__all__ = ["SYSTEMS", "settings_of", "system_from", "system_named"]

SYSTEMS: Mapping[str, Callable[..., System]] = {
    "attention-flow": attention_flow,
    "head-flow": head_flow,
    "binary-head": binary_head,
    "mixture-flow": mixture_flow,
    "em-map": em_map,
    "em-flow": em_flow,
    "em-symmetric": em_symmetric,
    "em-symmetric-flow": em_symmetric_flow,
}
"""The builder of each system; its keyword arguments are the settings."""


def settings_of(name: str) -> Mapping[str, Any]:
    """Return the settings of a system and their defaults.

    Raises `ValueError` with the nearest name if there is no such system.
    """
    if name not in SYSTEMS:
        raise ValueError(
            f"`{name}` is no system.{nearest(name, SYSTEMS)} Systems: {', '.join(SYSTEMS)}."
        )
    parameters = inspect.signature(SYSTEMS[name]).parameters
    return {x: parameter.default for x, parameter in parameters.items()}


def system_named(name: str, **settings: Any) -> System:
    """Return a system with these settings, defaults for the others.

    Raises `ValueError` for an unknown system or setting (the nearest name is suggested), and what
    the builder raises for values that make no sense.
    """
    known = settings_of(name)
    for setting in settings:
        if setting not in known:
            raise ValueError(
                f"`{name}` has no setting `{setting}`.{nearest(setting, known)} "
                f"Settings: {', '.join(known)}."
            )
    return SYSTEMS[name](**settings)


def system_from(source: str, **settings: Any) -> System:
    """Return the system that ``source`` names, or that the TOML file ``source`` defines.

    Raises what `system_named` and `own_system` raise.
    """
    if source.endswith(".toml"):
        return own_system(source, **settings)
    return system_named(source, **settings)
