"""The laptop cloud's commands: `python -m local --help`."""

import sys

from local.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
