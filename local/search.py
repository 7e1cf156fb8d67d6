"""Make the search index anew from the posts' table: `python -m local.search rebuild [--outputs FILE]`.

Searches and changes go on meanwhile. Works on the local stack and on one in AWS alike: the file has the
stack's outputs, and the credentials are those that boto3 finds, unless the stack is this machine's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

import local.domains  # noqa: F401 - so that mobile and shared are found
from local.cloud import LocalError
from local.progress import Phase, Progress
from local.reach import OUTPUTS, client, output, read
from mobile.search.embedded.index import Writer
from mobile.search.indexing import changes_of
from mobile.search.ports import Indexer
from mobile.search.times import now
from shared.faults import Transient
from shared.items import Item, from_attributes
from shared.tagged import TaggedBucket


def items(dynamodb: Any, table: str, phase: Phase) -> Iterator[Item]:
    """Yield every item of a table, telling how far it is."""
    read = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from map(from_attributes, page["Items"])
        read += len(page["Items"])
        phase.note = f"{read} items read"


def indexer(outputs: Mapping[str, str]) -> Indexer:
    """Return the indexer of the engine that the stack has."""
    if endpoint := outputs.get("OpenSearchEndpoint"):
        from mobile.search.opensearch.connection import connected  # noqa: PLC0415 - one engine is enough
        from mobile.search.opensearch.index import Indexer as OpenSearchIndexer  # noqa: PLC0415

        return OpenSearchIndexer(connected(endpoint))
    return Writer(TaggedBucket(output(outputs, "SearchIndexBucket"), s3=client(outputs, "s3")))


def rebuild(outputs: Mapping[str, str], phase: Phase) -> int:
    """Make the index anew, and return how many posts are in it."""
    started = now()
    table = items(client(outputs, "dynamodb"), output(outputs, "ContentTable"), phase)
    return indexer(outputs).rebuild(changes_of(table), started)


def main() -> int:
    """Rebuild as the command line says; return 1 when that is not possible."""
    parser = argparse.ArgumentParser(description="Make the search index anew from the posts' table.")
    parser.add_argument("command", choices=["rebuild"])
    parser.add_argument("--outputs", type=Path, default=OUTPUTS)
    options = parser.parse_args()
    try:
        outputs = read(options.outputs)
        with Progress(Console(highlight=False)) as progress:
            phase = progress.start("rebuild")
            count = rebuild(outputs, phase)
            progress.finish(phase, f"{count} posts")
    except Transient as error:
        print(f"{error}; nothing was changed. Run it again.", file=sys.stderr)
        return 1
    except (LocalError, ValueError, ClientError, BotoCoreError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
