"""The inbox and the preferences: a member's own, read and unread, chosen and changed."""

from __future__ import annotations

import time
from typing import cast

import pytest

from mobile.notifications import preferences
from mobile.notifications.inbox import DAY, MOST_UNREAD, Inbox, NotificationNotFound, key_of_note
from mobile.notifications.models import PreferencesChange, QuietHours
from mobile.posts import AnotherVersion
from shared.ids import first_uuid7, uuid7
from shared.items import Item
from shared.tables import Table
from tests.unit.mobile.fakes import FakeContentTable

ADA, GRACE = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30"
DAYS = 30


@pytest.fixture
def table() -> FakeContentTable:
    return FakeContentTable()


@pytest.fixture
def inbox(table: FakeContentTable) -> Inbox:
    return Inbox(cast(Table, table), DAYS)


def told(table: FakeContentTable, member: str, count: int = 1, first: str | None = None) -> list[str]:
    """Put notifications into an inbox and return their ids, the oldest first."""
    ids = [first or uuid7() for _ in range(count)]
    for one in ids:
        item = {
            "notification_id": one,
            "unread": one,
            "kind": "REPLY",
            "text": "grace replied to your post.",
            "happened_at": "2026-11-21T09:30:00.000Z",
        }
        table.items[tuple(key_of_note(member, one).values())] = {**key_of_note(member, one), **item}
    return ids


def test_the_newest_comes_first_and_pages_follow_each_other(inbox: Inbox, table: FakeContentTable) -> None:
    ids = told(table, ADA, 5)
    told(table, GRACE)

    first, more = inbox.page(ADA, 3, None)
    rest, end = inbox.page(ADA, 3, more)

    assert [note.notification_id for note in [*first, *rest]] == ids[::-1]
    assert (more, end) == (first[-1].notification_id, None)


def test_reading_one_is_once_and_leaves_the_others(inbox: Inbox, table: FakeContentTable) -> None:
    ids = told(table, ADA, 3)

    inbox.read(ADA, ids[1])
    inbox.read(ADA, ids[1])

    assert inbox.unread(ADA) == 2
    assert [note.read for note in inbox.page(ADA, 9, None)[0]] == [False, True, False]


def test_nobody_reads_anothers(inbox: Inbox, table: FakeContentTable) -> None:
    (theirs,) = told(table, ADA)

    for unknown in (theirs, uuid7(), "no id"):
        with pytest.raises(NotificationNotFound):
            inbox.read(GRACE, unknown)
    assert inbox.unread(ADA) == 1
    assert inbox.page(GRACE, 9, None) == ([], None)


def test_reading_all_up_to_one_is_one_write_and_never_goes_back(
    inbox: Inbox, table: FakeContentTable
) -> None:
    ids = told(table, ADA, 4)
    table.calls.clear()

    inbox.read_all(ADA, ids[2])
    assert table.calls == ["UpdateItem"]
    inbox.read_all(ADA, ids[0])

    assert inbox.unread(ADA) == 1
    assert [note.read for note in inbox.page(ADA, 9, None)[0]] == [False, True, True, True]


def test_what_is_told_after_reading_all_is_unread_whatever_the_future_was_asked_for(
    inbox: Inbox, table: FakeContentTable
) -> None:
    inbox.read_all(ADA, "ffffffff-ffff-7fff-bfff-ffffffffffff")

    told(table, ADA, first=first_uuid7(int(time.time()) + 2))

    assert inbox.unread(ADA) == 1


def test_what_has_expired_is_neither_shown_nor_counted(inbox: Inbox, table: FakeContentTable) -> None:
    told(table, ADA, first=first_uuid7(int(time.time()) - DAYS * DAY - 1))

    assert inbox.page(ADA, 9, None) == ([], None)
    assert inbox.unread(ADA) == 0


def test_counting_stops(inbox: Inbox, table: FakeContentTable) -> None:
    told(table, ADA, MOST_UNREAD + 5)

    assert inbox.unread(ADA) == MOST_UNREAD


def test_preferences_are_everything_at_first_and_change_by_version(table: FakeContentTable) -> None:
    kept = cast(Table, table)
    chosen = PreferencesChange(replies="INBOX", quiet_hours=QuietHours("22:00", "07:00", "Europe/Vienna"))
    assert preferences.get(ADA, kept) == preferences.DEFAULT

    after = preferences.change(ADA, 1, chosen, kept)

    assert (after.replies, after.version) == ("INBOX", 2)
    assert preferences.change(ADA, 1, chosen, kept) == after == preferences.get(ADA, kept)  # sent again
    with pytest.raises(AnotherVersion):
        preferences.change(ADA, 1, PreferencesChange(), kept)
    back = preferences.change(ADA, 2, PreferencesChange(), kept)
    assert (back.quiet_hours, back.version) == (None, 3)
    assert preferences.get(GRACE, kept) == preferences.DEFAULT


def test_of_two_first_choices_one_is_refused(table: FakeContentTable) -> None:
    kept = cast(Table, table)

    class Raced(FakeContentTable):
        def get(self, key: Item, *, consistent: bool = False) -> Item | None:
            """Answer as before the other one chose."""

    preferences.change(ADA, 1, PreferencesChange(orders="NONE"), kept)
    late = Raced()
    late.items = table.items
    with pytest.raises(AnotherVersion):
        preferences.change(ADA, 1, PreferencesChange(orders="INBOX"), cast(Table, late))
    assert preferences.get(ADA, kept).orders == "NONE"
