"""What a document means: from trees to typed equations.

    roles     what every script, bracket and letter is: index, label, power, argument
    shapes    how many silent axes every symbol has, by propagating constraints
    ranges    which axes have one length, by unification
    typing    every tree to an index expression with silent axes
    document  definitions, claims, hypotheses, and the model they make

The first three collect constraints over the whole document and solve them once; the last two read
the solution off.
"""
