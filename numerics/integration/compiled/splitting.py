"""Long straight-line code is cut into functions: compiling one of n instructions takes about n^2.

    f(y, p, out):  work = room on the stack;  part_0(y, p, out, work);  part_1(y, p, out, work); ...

What one part computes and a later one uses goes through ``work``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from llvmlite import ir

__all__ = ["split"]

LONGEST, PART = 5000, 1000
"""Instructions of a function that is left as it is, and of a part of one that is not."""


def split(function: ir.Function, slot: ir.Type) -> bool:
    """Cut a function of one block that returns nothing, if it is long; return whether it was.

    ``slot``  a type in which every value of the function has room
    """
    (block,) = function.blocks
    code = block.instructions[:]
    if len(code) <= LONGEST:
        return False
    code.pop()  # the return
    block.instructions.clear()
    block.terminator = None
    builder = ir.IRBuilder(block)
    work: Any = builder.alloca(slot, size=0)
    slots = _Slots(slot)
    for number, piece in enumerate(_pieces(code)):
        part = _part(function, number, slot.as_pointer(), piece, slots)
        builder.call(part, [*function.args, work])
    builder.ret_void()
    work.operands[0] = ir.Constant(ir.IntType(32), max(len(slots), 1))
    return True


def _pieces(code: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Cut where no address is under way: addresses do not go through memory."""
    first = 0
    while first < len(code):
        last = min(first + PART, len(code))
        while last < len(code) and isinstance(code[last - 1].type, ir.PointerType):
            last += 1
        yield code[first:last]
        first = last


class _Slots:
    """Where in ``work`` values lie that a later part uses; each is stored where it is defined."""

    def __init__(self, slot: ir.Type) -> None:
        self.slot = slot
        self.numbers: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, builder: ir.IRBuilder, work: Any, value: Any) -> Any:
        """Return the address of a value, which is stored there from now on."""
        if value not in self.numbers:
            self.numbers[value] = len(self.numbers)
            there = ir.IRBuilder(value.parent)
            there.position_after(value)
            own = value.parent.function.args[-1]
            there.store(value, self._address(there, own, value), align=8)
        return self._address(builder, work, value)

    def _address(self, builder: ir.IRBuilder, work: Any, value: Any) -> Any:
        place = builder.gep(work, [ir.Constant(ir.IntType(64), self.numbers[value])])
        return builder.bitcast(place, value.type.as_pointer())


def _part(
    function: ir.Function, number: int, work: ir.Type, piece: Sequence[Any], slots: _Slots
) -> ir.Function:
    """Move instructions into a function of their own."""
    kind = ir.FunctionType(ir.VoidType(), [*(x.type for x in function.args), work])
    part = ir.Function(function.module, kind, f"{function.name}_{number}")
    part.linkage = "internal"
    part.attributes.add("noinline")
    for argument in part.args:
        argument.add_attribute("noalias")
    block = part.append_basic_block()
    builder: Any = ir.IRBuilder(block)
    here: dict[Any, Any] = dict(zip(function.args, part.args, strict=False))
    for instruction in piece:
        for used in dict.fromkeys(instruction.operands):
            if isinstance(used, ir.Instruction) and used.parent is not block and used not in here:
                place = slots.place(builder, part.args[-1], used)
                here[used] = builder.load(place, align=8)
            if used in here:
                instruction.replace_usage(used, here[used])
        instruction.parent = block
        instruction.name = "moved"  # its own name was one of the other function
        block.instructions.append(instruction)
        builder.position_at_end(block)
    builder.ret_void()
    return part
