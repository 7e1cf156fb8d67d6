"""Run an OpenSearch node until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import threading

from local.opensearch import UnavailableError, node


def main() -> int:
    """Run a node where the command line says; return 1 when none can be had."""
    parser = argparse.ArgumentParser(description="Run an OpenSearch node until Ctrl-C.")
    parser.add_argument("--port", type=int, default=9200)
    options = parser.parse_args()
    try:
        with node(print, options.port) as url:
            print(f"{url} answers; Ctrl-C ends it.")
            threading.Event().wait()
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
