"""A release is named after what was built and the parameters it is deployed with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import release

CONFIG = """
[local.deploy.parameters]
parameter_overrides = ["Stage=local", "Sources=http://localhost:* http://127.0.0.1:*"]
[sandbox.deploy.parameters]
parameter_overrides = "Stage=sandbox Alarms=false"
[default.build.parameters]
cached = true
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was built."""
    (tmp_path / "samconfig.toml").write_text(CONFIG)
    (tmp_path / "build/Layer").mkdir(parents=True)
    (tmp_path / "build/template.yaml").write_text("Resources: {}\n")
    (tmp_path / "build/Layer/code.py").write_text("a = 1\n")
    return tmp_path


def named(project: Path, **parameters: str) -> str:
    return release.digest(project / "build", parameters)


def test_the_same_again_is_the_same_release(project: Path) -> None:
    assert named(project, Stage="beta", Alarms="true") == named(project, Alarms="true", Stage="beta")
    assert len(named(project)) == release.LENGTH


def test_another_parameter_another_file_and_another_name_are_another_release(project: Path) -> None:
    names = [named(project), named(project, Alarms="false"), named(project, Alarms="true")]
    (project / "build/Layer/code.py").write_text("a = 2\n")
    names.append(named(project))
    (project / "build/Layer/code.py").rename(project / "build/Layer/core.py")
    names.append(named(project))

    assert len(set(names)) == 5


@pytest.mark.parametrize(
    ("stage", "parameters"),
    [
        ("local", {"Stage": "local", "Sources": "http://localhost:* http://127.0.0.1:*"}),
        ("sandbox", {"Stage": "sandbox", "Alarms": "false"}),
    ],
)
def test_sam_is_given_the_stages_parameters_and_the_release(
    project: Path, stage: str, parameters: dict[str, str]
) -> None:
    file = release.write(stage, project / "samconfig.toml", project / "build")

    assert file.suffix == ".yaml"
    assert json.loads(file.read_text()) == {
        **parameters,
        "Release": release.digest(project / "build", parameters),
    }


def test_without_a_build_or_a_stage_there_is_nothing_to_release(project: Path) -> None:
    config = project / "samconfig.toml"
    with pytest.raises(release.ReleaseError, match=r"^There is no stage 'prod': .* has local, sandbox\.$"):
        release.write("prod", config, project / "build")
    (project / "build/template.yaml").unlink()
    with pytest.raises(release.ReleaseError, match=r"^There is no build: run `sam build`\.$"):
        release.write("sandbox", config, project / "build")
    config.write_text("[")
    with pytest.raises(release.ReleaseError, match=r"^samconfig\.toml: "):
        release.overrides(config, "sandbox")
