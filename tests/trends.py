"""Files of posts, counted without a line of the application's code, and what the API tells of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests import templates
from tests.stack import OUTPUTS, StreamApi

Counts = Counter[tuple[str, str]]
"""How many posts of a window, named by its start, have a hashtag."""


@dataclass(frozen=True)
class File:
    """A file of posts, counted without a line of the application's code."""

    path: Path
    lines: int
    duplicates: int
    poison: Counter[bytes]
    counts: Counts

    @classmethod
    def read(cls, path: Path, window_seconds: int) -> File:
        """Count a file: each post once, by the hashtags that it lists itself."""
        seen: set[str] = set()
        counts: Counts = Counter()
        poison: Counter[bytes] = Counter()
        lines = path.read_bytes().splitlines()
        duplicates = 0
        for line in lines:
            try:
                post = json.loads(line)
                post_id, created, hashtags = post["post_id"], post["created_at"], post["hashtags"]
            except (ValueError, TypeError, KeyError):
                poison[line] += 1
                continue
            duplicates += post_id in seen
            if post_id not in seen:
                moment = int(datetime.fromisoformat(created).timestamp())
                window = datetime.fromtimestamp(moment - moment % window_seconds, UTC)
                counts.update((f"{window:%Y-%m-%dT%H:%M:%SZ}", hashtag) for hashtag in hashtags)
            seen.add(post_id)
        return cls(path, len(lines), duplicates, poison, counts)

    @property
    def windows(self) -> list[str]:
        """Every window that a post is in."""
        return sorted({window for window, _ in self.counts})


def producer(*arguments: str) -> subprocess.Popen[str]:
    """Start the producer."""
    return subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "loadtests.producer", "--outputs", str(OUTPUTS), *arguments],
        cwd=templates.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(trends: StreamApi, windows: list[str]) -> Counts:
    """Return what the API tells of windows, page by page."""
    return Counter(
        {(window, hashtag): count for window in windows for hashtag, count in trends.counts(window).items()}
    )
