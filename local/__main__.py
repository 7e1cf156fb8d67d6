"""The laptop cloud's commands: `python -m local --help`."""

import sys

try:
    from local.cli import main

    sys.exit(main(sys.argv[1:]))
except KeyboardInterrupt:
    sys.exit(130)  # Stopped while the modules were read, before there was anything to clean up.
