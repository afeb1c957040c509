"""The compiled engine: many trajectories at once by vector code, on any number of threads.

The rest of the package knows `CompiledEngine` only.  Inside:

    engine          trajectories to threads and back; the methods `explicit` and `stiff`
    kernel          the loop, in which every lane holds a trajectory
    dormand_prince, rosenbrock (coefficients in rodas5p)      a step in all lanes
    vector_code, splitting      a system as machine code
    lanes, compiling            what numba is taught: vectors, calls by address, queues

Imported where an engine starts, since it imports numba.
"""

from numerics.integration.compiled.engine import CompiledEngine

__all__ = ["CompiledEngine"]
