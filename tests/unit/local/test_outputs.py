"""Outputs are such as a client on this machine can use as they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.deploy import outputs


@pytest.mark.parametrize(
    ("deployed", "told"),
    [
        (
            "https://ab12cd34.execute-api.eu-west-1.amazonaws.com/v1",
            "http://localhost:4600/_aws/execute-api/ab12cd34/v1",
        ),
        ("https://lens-local.auth.eu-west-1.amazoncognito.com", "http://localhost:4600"),
        ("eu-west-1_Ab12Cd34", "eu-west-1_Ab12Cd34"),
        ("https://example.com/execute-api", "https://example.com/execute-api"),
    ],
)
def test_a_url_of_aws_becomes_the_engines(deployed: str, told: str) -> None:
    assert outputs.localised(deployed, 4600) == told


def test_what_is_written_is_read_back_and_is_this_users_alone(tmp_path: Path) -> None:
    cloud = Cloud(4600, home=tmp_path)
    cloud.folder.mkdir()

    outputs.write(cloud, {"OrdersApiUrl": "http://localhost:4600"})

    assert outputs.read(cloud) == {"OrdersApiUrl": "http://localhost:4600"}
    assert cloud.outputs.stat().st_mode & 0o077 == 0


def test_nothing_is_read_where_nothing_was_written(tmp_path: Path) -> None:
    assert outputs.read(Cloud(4600, home=tmp_path)) == {}


class TestTheLatestOutputs:
    @pytest.fixture
    def copies(self, tmp_path: Path) -> list[Cloud]:
        """Two copies, the second brought up after the first."""
        made = [Cloud(port, home=tmp_path) for port in (4600, 4601)]
        for cloud in made:
            cloud.folder.mkdir()
            outputs.write(cloud, {"EngineUrl": cloud.url})
            cloud.point_latest_here()
        return made

    def test_are_those_of_the_copy_that_came_up_last(self, copies: list[Cloud]) -> None:
        assert json.loads(copies[0].latest.read_text()) == {"EngineUrl": "http://127.0.0.1:4601"}

    def test_stay_when_another_copy_goes(self, copies: list[Cloud]) -> None:
        copies[0].forget()

        assert json.loads(copies[0].latest.read_text()) == {"EngineUrl": "http://127.0.0.1:4601"}

    def test_are_the_other_copys_when_their_own_goes(self, copies: list[Cloud]) -> None:
        copies[1].forget()

        assert json.loads(copies[0].latest.read_text()) == {"EngineUrl": "http://127.0.0.1:4600"}

    def test_are_gone_with_the_last_copy(self, copies: list[Cloud]) -> None:
        for cloud in copies:
            cloud.forget()

        assert not copies[0].latest.is_symlink()
