"""The index's files in the bucket: packs that never change, and one manifest that says which of them count.

A commit is two writes. First a pack with all files that it brought, under a name that nobody has used; then
the manifest, on the condition that it is still the one that the commit was made from. Whoever comes
second is refused and starts again from what is there. A crash before the second write leaves a pack that
nothing names.

    <prefix>/manifest.json
    <prefix>/packs/<commit's id>

Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mobile.search.ports import Objects

ABANDONED = 3_600_000
"""After how long a pack that no manifest names is a crashed writer's; far longer than a function can run."""
SWEEP = 100
"""Every how many commits the bucket is looked through for such packs."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a file is: bytes of a pack."""

    pack: str
    start: int
    size: int


class Manifest(msgspec.Struct, frozen=True):
    """One state of the index.

    `meta` is tantivy's meta.json; `files` the files that it names; `retired` has the packs that have stopped
    to count, and since when (epoch milliseconds).
    """

    commit: str
    number: int
    meta: str
    files: dict[str, Place]
    retired: dict[str, int]

    @property
    def packs(self) -> set[str]:
        """The packs that count."""
        return {place.pack for place in self.files.values()}


EMPTY = Manifest("", 0, "", {}, {})
_decoder = msgspec.json.Decoder(Manifest)


class Bucket:
    """The manifest and the packs.

    Parameters
    ----------
    objects
        Where they are.
    prefix
        What their keys begin with, without a slash.
    """

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects = objects
        self._manifest = f"{prefix}/manifest.json"
        self._packs = f"{prefix}/packs/"

    def newest(self, known: str | None) -> tuple[Manifest, str | None] | None:
        """Return the manifest and its entity tag, or None when that is still `known`.

        Where there is none yet, it is EMPTY without a tag. That is looked up, and not taken from an error: S3
        tells who may not list a bucket that a missing object is forbidden.
        """
        if known is None and not any(key == self._manifest for key, _ in self._objects.keys(self._manifest)):
            return EMPTY, None
        stored = self._objects.get(self._manifest, known)
        return None if stored is None else (_decoder.decode(stored.body), stored.etag)

    def publish(self, manifest: Manifest, etag: str | None) -> str | None:
        """Make a manifest the newest, if the newest still has this tag; return its own, or None."""
        written = self._objects.put_if(self._manifest, msgspec.json.encode(manifest), etag)
        if written is None and (now := self.newest(None)) and now[0].commit == manifest.commit:
            return now[1]  # an answer was lost, and the client tried again
        return written

    def upload(self, folder: Path, names: Iterable[str], commit: str) -> dict[str, Place]:
        """Write files as one pack; return where each is then."""
        places, body = {}, bytearray()
        for name in sorted(names):
            content = (folder / name).read_bytes()
            places[name] = Place(commit, len(body), len(content))
            body += content
        if places:
            self._objects.put(self._packs + commit, bytes(body))
        return places

    def download(self, places: dict[str, Place], folder: Path) -> int:
        """Write files into a folder, one read a pack; return how many bytes were read.

        Raises
        ------
        Missing
            When a pack is gone: the manifest that names it is no longer the newest.
        """
        read = 0
        for pack in sorted({place.pack for place in places.values()}):
            wanted = {name: place for name, place in places.items() if place.pack == pack}
            start = min(place.start for place in wanted.values())
            end = max(place.start + place.size for place in wanted.values())
            body = memoryview(
                self._objects.part(self._packs + pack, start, end - start) if end > start else b""
            )
            read += len(body)
            for name, place in wanted.items():
                written = folder / f"{name}.part"
                written.write_bytes(body[place.start - start : place.start - start + place.size])
                written.rename(folder / name)
        return read

    def drop(self, commit: str) -> None:
        """Delete the pack of a commit that was refused."""
        self._objects.delete([self._packs + commit])

    def tidy(self, before: Manifest, after: Manifest, now: int) -> None:
        """Delete packs that no reader can need any more, and now and then those of crashed writers."""
        gone = before.retired.keys() - after.retired.keys() - after.packs
        if after.number % SWEEP == 0:
            named = after.packs | after.retired.keys()
            gone |= {
                key.removeprefix(self._packs)
                for key, written in self._objects.keys(self._packs)
                if now - written * 1000 > ABANDONED and key.removeprefix(self._packs) not in named
            }
        if gone:
            self._objects.delete(self._packs + pack for pack in sorted(gone))


def follow(
    before: Manifest, commit: str, meta: str, files: dict[str, Place], ages: tuple[int, int]
) -> Manifest:
    """Return the manifest that comes after `before`; `ages` are the time and packs' grace in milliseconds."""
    now, grace = ages
    counting = {place.pack for place in files.values()}
    retired = {pack: since for pack, since in before.retired.items() if now - since <= grace}
    retired |= dict.fromkeys(sorted(before.packs - counting), now)
    return Manifest(commit, before.number + 1, meta, files, retired)


def commit_id() -> str:
    """Return the id of a commit, and of its pack: nobody else's."""
    return uuid.uuid4().hex


def belongs(name: str, meta: str) -> bool:
    """Say whether a file is one that `meta` names: a segment's, and of its lists of deletions the last."""
    segment, _, ending = name.partition(".")
    return any(
        segment == each and (not ending.endswith("del") or ending == f"{deleted}.del")
        for each, deleted in _segments(meta)
    )


def dead(meta: str) -> tuple[int, int]:
    """Return how many documents the index's files hold that are deleted, and how many in all."""
    segments = json.loads(meta)["segments"] if meta else []
    return (
        sum((each["deletes"] or {}).get("num_deleted_docs", 0) for each in segments),
        sum(each["max_doc"] for each in segments),
    )


def _segments(meta: str) -> list[tuple[str, int | None]]:
    return [
        (each["segment_id"].replace("-", ""), (each["deletes"] or {}).get("opstamp"))
        for each in (json.loads(meta)["segments"] if meta else [])
    ]


class Copy:
    """Files on this machine, shared by the folders of all states of the index that need them.

    Parameters
    ----------
    folder
        A folder of its own.
    bucket
        Where files come from.
    """

    def __init__(self, folder: Path, bucket: Bucket) -> None:
        self._files = folder / "files"
        self._states = folder / "states"
        self._bucket = bucket
        self._files.mkdir()
        self._states.mkdir()

    def check_out(self, manifest: Manifest) -> tuple[Path, int]:
        """Return a fresh folder with the index as a manifest has it, and how many bytes were read for it.

        Raises
        ------
        Missing
            When a file is gone from the bucket.
        """
        here = {path.name for path in self._files.iterdir()}
        lacking = {_own(name, place): place for name, place in manifest.files.items()}
        read = self._bucket.download(
            {name: place for name, place in lacking.items() if name not in here}, self._files
        )
        folder = self.empty()
        for name, place in manifest.files.items():
            (folder / name).hardlink_to(self._files / _own(name, place))
        if manifest.meta:
            (folder / "meta.json").write_text(manifest.meta)
        return folder, read

    def empty(self) -> Path:
        """Return a fresh folder without an index."""
        folder = self._states / commit_id()
        folder.mkdir()
        return folder

    def keep(self, folder: Path, places: dict[str, Place]) -> None:
        """Take a folder's own files in, as they were uploaded."""
        for name, place in places.items():
            if not (kept := self._files / _own(name, place)).exists():
                kept.hardlink_to(folder / name)

    def forget(self, manifest: Manifest) -> None:
        """Delete every file that a manifest does not have."""
        kept = {_own(name, place) for name, place in manifest.files.items()}
        for path in list(self._files.iterdir()):
            if path.name not in kept:
                path.unlink()


def _own(name: str, place: Place) -> str:
    """Return what a file is called here. Two writers can give two lists of deletions the same name."""
    return f"{place.pack}-{name}"
