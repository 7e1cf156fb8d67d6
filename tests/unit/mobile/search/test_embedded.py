"""The embedded engine keeps the contract, and its bucket in order."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from mobile.search.embedded import files, index
from mobile.search.embedded.index import Contended, Reader
from mobile.search.models import Change
from shared.stored import Missing
from tests.search.contract import SearchContract, fill
from tests.search.engines import Embedded
from tests.search.machine import SearchMachine
from tests.search.posts import post

MANIFEST = "index/1/manifest.json"


def manifest(engine: Embedded) -> files.Manifest:
    return msgspec.json.decode(engine.objects.held[MANIFEST], type=files.Manifest)


def packs(engine: Embedded) -> set[str]:
    return {key.rpartition("/")[2] for key in engine.objects.held if "/packs/" in key}


class TestEmbedded(SearchContract):
    @pytest.fixture
    def engine(self) -> Iterator[Embedded]:
        engine = Embedded()
        yield engine
        engine.close()


class EmbeddedMachine(SearchMachine):
    make = Embedded

    @invariant()
    def the_bucket_is_in_order(self) -> None:
        """What the manifest names is there, and nothing else is but what a crash has left."""
        engine = getattr(self, "engine", None)
        if not isinstance(engine, Embedded) or MANIFEST not in engine.objects.held:
            return
        newest = manifest(engine)
        assert newest.packs <= packs(engine)
        assert len(packs(engine) - newest.packs - newest.retired.keys()) <= self.crashes


TestAnySequence = EmbeddedMachine.TestCase
TestAnySequence.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)


@pytest.fixture
def engine() -> Embedded:
    return Embedded()


def write(engine: Embedded, *texts: str) -> None:
    fill(engine, *(post(text) for text in texts))


def test_a_commit_writes_a_pack_and_the_manifest_and_only_what_is_new(engine: Embedded) -> None:
    write(engine, *(f"{number} words to fill a few bytes with" for number in range(1000)))
    whole = engine.objects.put_bytes
    before = set(engine.objects.held)

    write(engine, "one more")

    assert len(set(engine.objects.held) - before) == 1
    assert engine.objects.put_bytes - whole < whole / 5


def test_changes_that_are_known_already_write_nothing(engine: Embedded) -> None:
    change = Change.written(post("tea"), 1)
    engine.apply(change)
    written = engine.objects.put_bytes

    engine.apply(change, change)

    assert engine.objects.put_bytes == written


def test_a_reader_reads_only_what_it_lacks(engine: Embedded) -> None:
    write(engine, *(f"{number} words to fill a few bytes with" for number in range(1000)))
    engine.search()
    whole = engine.reader.replica.bytes_read
    write(engine, "one more")

    engine.search()
    once = engine.reader.replica.bytes_read - whole
    engine.search()

    assert 0 < once < whole / 5
    assert engine.reader.replica.bytes_read == whole + once


def test_a_reader_is_at_most_as_stale_as_it_may_be(engine: Embedded) -> None:
    moment = [0.0]
    engine.finder = Reader(engine.objects, refresh_seconds=2, clock=lambda: moment[0])
    assert engine.texts() == []
    write(engine, "tea")

    moment[0] = 1.9
    assert engine.texts() == []
    moment[0] = 2.0
    assert engine.texts() == ["tea"]


def test_a_reader_that_is_slower_than_the_grace_reads_the_next_manifest(engine: Embedded) -> None:
    write(engine, "tea")
    outdated = engine.objects.held[MANIFEST]
    [gone] = packs(engine)
    write(engine, *["oil", "cup", "pot", "can", "jar", "mug", "urn"])
    engine.writers[0].rebuild([Change.written(post("rebuilt"), 1)], 0)
    newest, engine.objects.held[MANIFEST] = engine.objects.held[MANIFEST], outdated
    del engine.objects.held[f"index/1/packs/{gone}"]
    part = engine.objects.part

    def part_after_all(key: str, start: int, size: int) -> bytes:
        engine.objects.held[MANIFEST] = newest
        return part(key, start, size)

    engine.objects.part = part_after_all  # type: ignore[method-assign]

    assert "tea" in engine.texts()


def test_an_index_that_somebody_deleted_files_of_is_told_and_not_waited_for(engine: Embedded) -> None:
    write(engine, "tea")
    [gone] = packs(engine)
    del engine.objects.held[f"index/1/packs/{gone}"]

    with pytest.raises(Missing):
        engine.texts()


def test_packs_that_no_longer_count_are_deleted_after_the_grace(engine: Embedded) -> None:
    for number in range(20):
        write(engine, str(number))
    assert manifest(engine).retired.keys() | manifest(engine).packs == packs(engine)

    engine.later(index.GRACE / 1000 + 1)
    write(engine, "once more")
    write(engine, "and again")

    assert len(packs(engine)) < 15
    assert manifest(engine).packs <= packs(engine)


def test_what_crashed_writers_left_is_swept(engine: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SWEEP", 1)
    assert engine.crash(0, [Change.written(post("tea"), 1)], at=1, late=False)
    [left] = packs(engine)
    write(engine, "young as it is, it could be of a commit under way")
    assert left in packs(engine)

    engine.later(files.ABANDONED / 1000 + 1)
    write(engine, "oil")

    assert left not in packs(engine)


def test_a_pack_whose_commit_was_refused_is_deleted(engine: Embedded) -> None:
    engine.race([Change.written(post("one"), 1)], [Change.written(post("two"), 1)])

    assert packs(engine) == manifest(engine).packs | manifest(engine).retired.keys()


def test_a_commit_whose_answer_was_lost_and_that_was_tried_again_counts(engine: Embedded) -> None:
    put_if = engine.objects.put_if

    def twice(key: str, body: bytes, etag: str | None) -> str | None:
        put_if(key, body, etag)
        return put_if(key, body, etag)

    engine.objects.put_if = twice  # type: ignore[method-assign]

    write(engine, "tea")

    assert engine.texts() == ["tea"]
    assert manifest(engine).number == 1


def test_a_writer_that_is_never_the_first_gives_up_and_has_changed_nothing(engine: Embedded) -> None:
    engine.objects.put_if = lambda *_: None  # type: ignore[method-assign]

    with pytest.raises(Contended):
        write(engine, "tea")

    assert engine.objects.held == {}


def test_segments_stay_few(engine: Embedded) -> None:
    for number in range(40):
        write(engine, str(number))

    assert len(msgspec.json.decode(manifest(engine).meta)["segments"]) <= 16


def test_what_is_deleted_does_not_pile_up(engine: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SMALL", 100)
    posts = [post("tea") for _ in range(100)]
    fill(engine, *posts)

    for version in range(2, 6):
        engine.apply(*(Change.written(each, version) for each in posts))

    dead, all_of_them = files.dead(manifest(engine).meta)
    assert all_of_them - dead == 100
    assert all_of_them <= 300
    assert engine.search().total == 100


def test_removals_are_forgotten_when_nothing_can_come_late_any_more(engine: Embedded) -> None:
    gone = post("tea")
    engine.apply(Change.removed(gone.post_id, 1))
    dead, all_of_them = files.dead(manifest(engine).meta)
    assert all_of_them - dead == 1

    engine.later(index.REMEMBERED / 1000 + 1)
    write(engine, "oil")
    engine.apply(Change.removed(post("cup").post_id, 1))

    dead, all_of_them = files.dead(manifest(engine).meta)
    assert all_of_them - dead == 2
