"""The command line: what to send, where to, and what became of it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from loadtests.producer import posts
from loadtests.producer.records import records
from loadtests.producer.sender import AGGREGATE_BYTES, Sender, Settings, Tally
from local import reach
from local.cloud import LocalError
from local.progress import Progress

DONE, FAILED, INTERRUPTED = 0, 1, 130
MOST_THAT_ARE_NO_POSTS = 0.9
"""Share of the lines: with more, making the posts would have no end."""
OUTPUTS = ".local/outputs.json"
# The sender tries again by itself: what boto3 did would be in no tally.
CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})


def main(arguments: Sequence[str]) -> int:
    """Send, or write to a file; return 0 when all is delivered, 1 when not, 130 when it was stopped."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.duplicates + options.poison > MOST_THAT_ARE_NO_POSTS:
        parser.error(f"--duplicates and --poison are more than {MOST_THAT_ARE_NO_POSTS} together")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        if options.write:
            return _write(options, console)
        return _send(options, console)
    except (LocalError, OSError, ClientError, BotoCoreError) as error:
        print(f"producer: {' '.join(str(error).split())}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("producer: stopped.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.producer",
        description="Send social posts to a Kinesis stream, made up or from a file.",
    )
    where = parser.add_argument_group("where to")
    where.add_argument(
        "--outputs", type=Path, help=f"the stack's outputs; {OUTPUTS} by default without --stream"
    )
    where.add_argument("--stream", help="the stream's name; in AWS, unless --outputs is this machine's")
    where.add_argument("--region", help="the stream's Region in AWS; else the one that boto3 finds")
    where.add_argument(
        "--write", type=Path, metavar="FILE", help="write the lines to a file, and send nothing"
    )
    what = parser.add_argument_group("what")
    what.add_argument("--file", type=Path, help="send the lines of a file as they are; - is standard input")
    what.add_argument("--posts", type=_whole, default=1_000, help="how many different ones to make up")
    what.add_argument("--seed", type=int, default=1, help="the same seed makes the same posts")
    what.add_argument("--begin", type=_time, help="when the first is created; --over seconds ago by default")
    what.add_argument("--over", type=_number, default=600.0, metavar="SECONDS", help="until the last is")
    what.add_argument(
        "--duplicates", type=_share, default=0.0, metavar="SHARE", help="repeat an earlier post"
    )
    what.add_argument("--poison", type=_share, default=0.0, metavar="SHARE", help="are no posts")
    what.add_argument("--hashtags", type=_whole, default=1_000, help="how many different ones")
    what.add_argument(
        "--hashtag-skew", type=_number, default=1.0, metavar="S", help="Zipf's exponent; 0 is even"
    )
    what.add_argument("--authors", type=_whole, default=10_000, help="how many different ones")
    what.add_argument(
        "--author-skew", type=_number, default=0.0, metavar="S", help="Zipf's exponent; 0 is even"
    )
    how = parser.add_argument_group("how")
    how.add_argument("--rate", type=_number, default=0.0, help="posts a second; 0 is as fast as it goes")
    how.add_argument(
        "--key",
        choices=("post_id", "author"),
        default="post_id",
        help="the partition key: post_id spreads, author does as --author-skew says",
    )
    how.add_argument(
        "--aggregate-bytes",
        type=_length,
        default=AGGREGATE_BYTES,
        metavar="N",
        help="how long an aggregate gets; 0 sends each post by itself",
    )
    how.add_argument("--attempts", type=_whole, default=Settings.attempts, help="how often a record is tried")
    how.add_argument("--strict-order", action="store_true", help="never two records of a key in one call")
    how.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _length(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes from 0 on")
    return int(text)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return value


def _share(text: str) -> float:
    value = _number(text)
    if value > MOST_THAT_ARE_NO_POSTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to {MOST_THAT_ARE_NO_POSTS}")
    return value


def _time(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 2026-01-02T03:04:05Z") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _lines(options: argparse.Namespace, closing: ExitStack) -> Iterator[bytes]:
    """Return the lines to send: a file's, or made up."""
    if options.file:
        if str(options.file) == "-":
            return iter(sys.stdin.buffer)
        return iter(closing.enter_context(options.file.open("rb")))
    return posts.lines(
        posts.Wanted(
            posts=options.posts,
            begin=options.begin or datetime.now(UTC) - timedelta(seconds=options.over),
            seconds=options.over,
            seed=options.seed,
            duplicates=options.duplicates,
            poison=options.poison,
            hashtags=options.hashtags,
            hashtag_skew=options.hashtag_skew,
            authors=options.authors,
            author_skew=options.author_skew,
        )
    )


def _write(options: argparse.Namespace, console: Console) -> int:
    with ExitStack() as closing, Progress(console) as progress, progress.phase("write") as phase:
        file = closing.enter_context(options.write.open("wb"))
        for count, line in enumerate(_lines(options, closing), 1):
            file.write(line.rstrip(b"\r\n") + b"\n")
            if not count % 1_000:
                phase.note = f"{count:,} lines"
        phase.note = f"{options.write}: {count:,} lines"
    return DONE


def _stream(options: argparse.Namespace) -> tuple[Any, str]:
    """Return a client of Kinesis and the stream's name."""
    if options.stream and not options.outputs:
        session: Any = boto3.Session(region_name=options.region)
        return session.client("kinesis", config=CONFIG), options.stream
    known = reach.read(options.outputs or reach.OUTPUTS)
    name = options.stream or reach.output(known, "PostStreamName")
    return reach.client(known, "kinesis", CONFIG), name


def _send(options: argparse.Namespace, console: Console) -> int:
    with ExitStack() as closing:
        # A file that is not there is told before anything else.
        return _send_lines(_lines(options, closing), options, console)


def _send_lines(lines: Iterator[bytes], options: argparse.Namespace, console: Console) -> int:
    kinesis, name = _stream(options)
    described = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    longest = described.get("MaxRecordSizeInKiB", 1024) * 1024
    settings = Settings(options.aggregate_bytes, longest, options.attempts, options.strict_order)
    sender = Sender(kinesis, name, settings)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if sender.stopped:
            raise KeyboardInterrupt
        sender.stopped = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    try:
        with Progress(console) as progress, progress.phase("send") as phase:
            for tally in sender.send(records(lines, options.key), options.rate):
                speed = tally.delivered / max(0.001, time.monotonic() - began)
                phase.note = (
                    f"{tally.delivered:,} of {tally.read:,} read, {speed:,.0f}/s, {tally.retried:,} again"
                )
    finally:
        _tell(sender.tally, time.monotonic() - began, options)
    if sender.stopped:
        return INTERRUPTED
    return DONE if sender.tally.delivered == sender.tally.read else FAILED


def _tell(tally: Tally, seconds: float, options: argparse.Namespace) -> None:
    """Print what became of everything."""
    if options.json:
        print(json.dumps({**tally.as_dict(), "seconds": round(seconds, 3), "adds_up": tally.adds_up}))
        return
    rows = [
        (
            tally.read,
            f"read: {tally.posts:,} posts, {tally.duplicates:,} duplicates, {tally.poison:,} poison",
        ),
        (tally.delivered, f"delivered, {tally.delivered / max(seconds, 0.001):,.0f} a second"),
        (tally.failed, f"failed, refused {options.attempts} times"),
        (tally.too_long, "not sent: longer than a record of this stream"),
        (tally.left, "not sent: the producer was stopped"),
        (tally.misplaced, "of the delivered went again, to the shard that is theirs now"),
        (tally.records, f"records of Kinesis, {tally.aggregated:,} of them aggregates"),
        (tally.retried, f"records sent again after a refusal, in {tally.calls:,} calls in all"),
        (tally.bytes, "bytes taken, keys included"),
    ]
    for count, text in rows:
        print(f"{count:>15,}  {text}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
