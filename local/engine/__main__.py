"""Start the engine with its gaps filled: `python -m local.engine`, in the engine's own environment."""

from ministack.app import main

from local.engine import gaps

if __name__ == "__main__":
    gaps.fill_all()
    main()
