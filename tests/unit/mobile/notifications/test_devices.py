"""Devices: a token is one member's, renewals change it in place, what is gone leaves nothing behind."""

from __future__ import annotations

from typing import cast

import pytest

from mobile.notifications.devices import MOST, Devices, key_of
from mobile.notifications.models import NewDevice
from shared.tables import Table
from tests.unit.mobile.fakes import FakeContentTable
from tests.unit.mobile.notifications.endpoints import FakeEndpoints
from tests.unit.orders.fakes import Crash

ADA, GRACE = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30"
PHONE, TABLET = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
TOKEN = NewDevice("FCM", "token-of-the-phone-1")
OTHER = NewDevice("FCM", "token-of-the-phone-2")


@pytest.fixture
def table() -> FakeContentTable:
    return FakeContentTable()


@pytest.fixture
def endpoints() -> FakeEndpoints:
    return FakeEndpoints()


@pytest.fixture
def devices(table: FakeContentTable, endpoints: FakeEndpoints) -> Devices:
    return Devices(cast(Table, table), endpoints, 730)


def endpoint_of(table: FakeContentTable, member: str, device: str) -> str:
    return str(table.items[tuple(key_of(member, device).values())]["endpoint"])


def test_registering_twice_is_once(devices: Devices, endpoints: FakeEndpoints) -> None:
    first = devices.register(ADA, PHONE, TOKEN)

    again = devices.register(ADA, PHONE, TOKEN)

    assert (again.registered_at, again.pushes) == (first.registered_at, True)
    assert [one.device_id for one in devices.of(ADA)] == [PHONE]
    assert len(endpoints.tokens) == 1


def test_no_token_is_kept(devices: Devices, table: FakeContentTable) -> None:
    devices.register(ADA, PHONE, TOKEN)

    assert TOKEN.token not in str(table.items)


def test_a_renewed_token_goes_into_the_same_endpoint(
    devices: Devices, table: FakeContentTable, endpoints: FakeEndpoints
) -> None:
    devices.register(ADA, PHONE, TOKEN)
    before = endpoint_of(table, ADA, PHONE)

    devices.register(ADA, PHONE, OTHER)

    assert endpoints.tokens == {before: OTHER.token}
    assert endpoint_of(table, ADA, PHONE) == before


def test_a_token_that_another_member_registers_leaves_the_first(
    devices: Devices, table: FakeContentTable, endpoints: FakeEndpoints
) -> None:
    devices.register(ADA, PHONE, TOKEN)
    endpoint = endpoint_of(table, ADA, PHONE)

    devices.register(GRACE, PHONE, TOKEN)

    assert devices.of(ADA) == []
    assert devices.owns(GRACE, PHONE, endpoint)
    devices.remove(ADA, PHONE)  # what the first does now reaches nobody else's
    assert endpoints.tokens == {endpoint: TOKEN.token}


@pytest.mark.parametrize("crash_at", ["PutItem", "DeleteItem", "GetItem, consistent"])
def test_a_registration_that_stops_anywhere_is_carried_to_its_end_by_the_next(
    devices: Devices, table: FakeContentTable, crash_at: str
) -> None:
    devices.register(ADA, PHONE, TOKEN)
    table.crash_at = crash_at
    with pytest.raises(Crash):
        devices.register(GRACE, PHONE, TOKEN)

    devices.register(GRACE, PHONE, TOKEN)

    assert [one.device_id for one in devices.of(GRACE)] == [PHONE]
    endpoint = endpoint_of(table, GRACE, PHONE)
    assert devices.owns(GRACE, PHONE, endpoint)
    assert not devices.owns(ADA, PHONE, endpoint)


def test_removing_leaves_nothing_and_twice_is_once(
    devices: Devices, table: FakeContentTable, endpoints: FakeEndpoints
) -> None:
    devices.register(ADA, PHONE, TOKEN)
    table.crash_at = "DeleteItem"
    with pytest.raises(Crash):
        devices.remove(ADA, PHONE)

    devices.remove(ADA, PHONE)
    devices.remove(ADA, PHONE)

    assert (table.items, endpoints.tokens) == ({}, {})


def test_an_endpoint_that_is_disabled_goes_with_its_device(
    devices: Devices, table: FakeContentTable, endpoints: FakeEndpoints
) -> None:
    devices.register(ADA, PHONE, TOKEN)
    devices.register(ADA, TABLET, OTHER)

    devices.drop(endpoint_of(table, ADA, PHONE))
    devices.drop("arn:aws:sns:eu-west-1:123456789012:endpoint/FCM/lens/unknown")

    assert [one.device_id for one in devices.of(ADA)] == [TABLET]
    assert list(endpoints.tokens.values()) == [OTHER.token]


def test_of_too_many_the_one_that_was_not_renewed_for_longest_goes(
    devices: Devices, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(MOST + 1)]
    for number, device in enumerate(ids):
        monkeypatch.setattr("mobile.notifications.devices.now", lambda at=number: f"{at:04}")
        devices.register(ADA, device, NewDevice("FCM", f"token-of-device-{number:04}"))

    assert [one.device_id for one in devices.of(ADA)] == ids[1:]


def test_without_credentials_a_device_is_kept_and_no_pushes_reach_it(table: FakeContentTable) -> None:
    devices = Devices(cast(Table, table), FakeEndpoints("APNS"), 730)

    assert devices.register(ADA, PHONE, TOKEN).pushes is False
    assert devices.of(ADA)[0].pushes is False
