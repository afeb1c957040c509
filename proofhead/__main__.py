"""`python -m proofhead`: the command line, as `proofhead`."""

from proofs_checks.cli import main

if __name__ == "__main__":
    main()
