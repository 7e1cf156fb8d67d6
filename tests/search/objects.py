"""A bucket in memory, as strongly consistent as S3, in which a writer can crash at any call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from shared.stored import Missing, Stored


class Crash(BaseException):
    """The process is gone; nothing catches it."""


class FakeObjects:
    """Objects in memory.

    `crash_at` counts calls that write down: at 0 the call crashes, before it has an effect or, with `late`,
    after it. `meanwhile` is called once, before the next conditional write.
    """

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.written_at: dict[str, float] = {}
        self.seconds = 0.0
        self.crash_at: int | None = None
        self.late = False
        self.calls = 0
        self.put_bytes = 0
        self.got_bytes = 0
        self.meanwhile: Callable[[], object] | None = None

    def get(self, key: str, known: str | None = None) -> Stored | None:
        self.calls += 1
        if key not in self.held:
            raise Missing(key)
        etag = _etag(self.held[key])
        self.got_bytes += 0 if etag == known else len(self.held[key])
        return None if etag == known else Stored(self.held[key], etag)

    def part(self, key: str, start: int, size: int) -> bytes:
        self.calls += 1
        if key not in self.held:
            raise Missing(key)
        self.got_bytes += size
        return self.held[key][start : start + size]

    def put(self, key: str, body: bytes) -> None:
        self.calls += 1
        with self._crashing():
            self._write(key, body)

    def put_if(self, key: str, body: bytes, etag: str | None) -> str | None:
        self.calls += 1
        if self.meanwhile is not None:
            others, self.meanwhile = self.meanwhile, None
            others()
        with self._crashing():
            if etag != (_etag(self.held[key]) if key in self.held else None):
                return None
            self._write(key, body)
            return _etag(body)

    def delete(self, keys: Iterable[str]) -> None:
        self.calls += 1
        for key in keys:
            with self._crashing():
                self.held.pop(key, None)
                self.written_at.pop(key, None)

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        self.calls += 1
        return iter([(key, self.written_at[key]) for key in sorted(self.held) if key.startswith(prefix)])

    def _write(self, key: str, body: bytes) -> None:
        self.put_bytes += len(body)
        self.held[key] = body
        self.written_at[key] = self.seconds

    def _crashing(self) -> _Crashing:
        return _Crashing(self)


class _Crashing:
    def __init__(self, objects: FakeObjects) -> None:
        self.objects = objects

    def __enter__(self) -> None:
        objects = self.objects
        if objects.crash_at is not None and objects.crash_at == 0 and not objects.late:
            objects.crash_at = None
            raise Crash

    def __exit__(self, *_: object) -> None:
        objects = self.objects
        if objects.crash_at is not None:
            if objects.crash_at == 0:
                objects.crash_at = None
                raise Crash
            objects.crash_at -= 1


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
