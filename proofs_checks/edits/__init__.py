"""The single edits that turn a right equation into the wrong ones that people write.

One list serves two purposes: mutation tests apply the edits to true statements, and diagnosis
applies them to a refuted one to see which edit makes it true.  So every edit names the mistake that
it makes (`Edit.kind`) and the mistake that it repairs (`Edit.undoes`):

    sign               a term, or the whole expression, with the other sign
    factor             2, 1/2, a rate, a size or the root of a size too many or missing
    exchanged          two quantities of one shape exchanged, such as p and y
    transposed         two indices of one entry, or of the whole expression, exchanged
    wrong_index        one index of one entry replaced by another over the same size
    wrong_sum          a sum over another index
    wrong_axis         a softmax that is normalised over another index
    wrong_power        a square for a first power, a quotient for a product, the sum of squares
                       for the square of a sum
    missing_term       a term of a sum dropped (a dropped baseline is one of them)
    wrong_quantity     one entry replaced by the same entry of another quantity
    missing_factor     a factor of a product dropped
    extra_term, extra_factor           what undoes those two

What can be inserted must be known beforehand: `Insertions` holds candidate terms and factors.
"""

from proofs_checks.edits.edit import KINDS, Edit, Insertions
from proofs_checks.edits.enumeration import edits

__all__ = ["KINDS", "Edit", "Insertions", "edits"]
