"""Outputs are such as a client on this machine can use as they stand."""

from __future__ import annotations

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


def test_the_latest_outputs_are_those_of_the_copy_that_came_up_last(tmp_path: Path) -> None:
    first, second = (Cloud(port, home=tmp_path) for port in (4600, 4601))
    for cloud in (first, second):
        cloud.folder.mkdir()
        outputs.write(cloud, {"EngineUrl": cloud.url})
        cloud.point_latest_here()

    assert first.latest.read_text() == second.outputs.read_text()


@pytest.mark.parametrize(("gone", "link_stays"), [(4600, True), (4601, False)])
def test_forgetting_a_copy_removes_the_link_only_if_it_is_its_own(
    tmp_path: Path, gone: int, link_stays: bool
) -> None:
    for port in (4600, 4601):
        cloud = Cloud(port, home=tmp_path)
        cloud.folder.mkdir()
        cloud.point_latest_here()

    Cloud(gone, home=tmp_path).forget()

    assert cloud.latest.is_symlink() == link_stays
    assert not (tmp_path / str(gone)).exists()
