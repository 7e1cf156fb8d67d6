"""Set-up chooses an interpreter and makes an environment only when it has to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local import setup
from local.setup import Environment, Interpreter, SetupError

MakePython = Callable[..., Path]

PYTHON = Interpreter("/usr/bin/python3.13", (3, 13), "3.13.0", makes_environments=True)


@pytest.fixture
def make_python(tmp_path: Path) -> MakePython:
    """Return a function that puts a pretended interpreter into a folder."""

    def make(name: str, answer: object = None, folder: str = "bin") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        says = f"echo '{json.dumps(answer)}'" if answer else "echo 'version not installed' >&2; exit 127"
        path.write_text(f"#!/bin/sh\n{says}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A whole environment, made by PYTHON from its lock."""
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "locks").mkdir()
    made = Environment("tool", tmp_path / "env", "a tool")
    made.lock.write_text("tool==1.0 --hash=sha256:00\n")
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    made.stamp.write_text(setup.made_from(made, PYTHON))
    return made


def answer(version: str, *, makes_environments: bool = True) -> list[object]:
    """Return what an interpreter of some version says of itself."""
    major, minor, _ = version.split(".")
    return [f"/real/python{major}.{minor}", [int(major), int(minor)], version, makes_environments]


class TestTheChoiceOfAnInterpreter:
    def test_begins_with_the_preferred_version_wherever_on_the_path_it_is(
        self, make_python: MakePython
    ) -> None:
        newer = make_python("python3.14", folder="first")
        preferred = make_python("python3.12", folder="second")

        order = list(setup.candidates(f"{newer.parent}:{preferred.parent}", "3.12"))

        assert order == [str(preferred), str(newer)]

    def test_goes_on_with_the_newest_and_ends_with_the_unversioned_names(
        self, make_python: MakePython
    ) -> None:
        names = ["python", "python3", "python3.11", "python3.14", "python3.9"]
        paths = [make_python(name) for name in names]

        order = [Path(path).name for path in setup.candidates(str(paths[0].parent), "3.13")]

        assert order == ["python3.14", "python3.11", "python3", "python"]

    def test_passes_over_a_shim_that_does_not_work(self, make_python: MakePython) -> None:
        shim = make_python("python3.13")
        works = make_python("python3.12", answer("3.12.1"))

        chosen = setup.choose([str(shim), str(works)])

        assert chosen.version == "3.12.1"

    @pytest.mark.parametrize("version", ["3.10.13", "3.15.0"])
    def test_passes_over_a_version_that_is_not_supported(self, make_python: MakePython, version: str) -> None:
        unsupported = make_python("python3", answer(version))

        with pytest.raises(SetupError, match=r"No Python 3\.11 to 3\.14 on PATH: install one"):
            setup.choose([str(unsupported)])

    def test_passes_over_one_that_cannot_make_environments(self, make_python: MakePython) -> None:
        bare = make_python("python3.13", answer("3.13.0", makes_environments=False))
        whole = make_python("python3.11", answer("3.11.2"))

        assert setup.choose([str(bare), str(whole)]).version == "3.11.2"

    def test_names_the_package_to_install_when_every_one_lacks_venv(self, make_python: MakePython) -> None:
        bare = make_python("python3.11", answer("3.11.2", makes_environments=False))

        with pytest.raises(SetupError, match=r"lacks the venv module: .* apt install python3\.11-venv"):
            setup.choose([str(bare)])


class TestAnEnvironment:
    def test_that_is_whole_and_up_to_date_is_not_made_again(self, environment: Environment) -> None:
        assert setup.is_made(environment, PYTHON)

    def test_is_made_again_when_its_lock_changed(self, environment: Environment) -> None:
        environment.lock.write_text("tool==1.1 --hash=sha256:11\n")

        assert not setup.is_made(environment, PYTHON)

    @pytest.mark.parametrize(
        "now",
        [
            Interpreter("/usr/bin/python3.13", (3, 13), "3.13.1", makes_environments=True),
            Interpreter("/opt/bin/python3.13", (3, 13), "3.13.0", makes_environments=True),
        ],
        ids=["of another version", "in another place"],
    )
    def test_is_made_again_when_the_interpreter_is_another(
        self, environment: Environment, now: Interpreter
    ) -> None:
        assert not setup.is_made(environment, now)

    def test_that_was_left_half_made_is_made_again(self, environment: Environment) -> None:
        environment.stamp.unlink()

        assert not setup.is_made(environment, PYTHON)

    def test_whose_interpreter_went_away_is_made_again(self, environment: Environment) -> None:
        environment.python.unlink()

        assert not setup.is_made(environment, PYTHON)


def test_what_pip_is_set_to_holds_for_uv_too() -> None:
    listing = (
        "global.cert='/etc/ssl/bundle.pem'\n"
        "global.index-url='https://packages.example/simple'\n"
        ":env:.find-links='/wheels'\n"
        "install.no-cache='true'\n"
    )

    assert setup.pip_settings(listing) == {
        "SSL_CERT_FILE": "/etc/ssl/bundle.pem",
        "UV_DEFAULT_INDEX": "https://packages.example/simple",
        "UV_FIND_LINKS": "/wheels",
    }


@pytest.mark.parametrize(
    "output",
    [
        "error: Failed to fetch: `https://packages.example/tool/`\n  ├─▶ client error\n  ╰─▶ dns error",
        "WARNING: Retrying after 'NewConnectionError(...)'\nERROR: No matching distribution found",
    ],
    ids=["uv", "pip"],
)
def test_a_network_that_is_down_is_told_as_that(environment: Environment, output: str) -> None:
    assert setup.explain(environment, output) == (
        "The package index cannot be reached, to install a tool: "
        "check the network, or pip's index settings, then try again."
    )


def test_another_failure_is_told_in_the_tools_own_words_on_one_line(environment: Environment) -> None:
    told = setup.explain(environment, "error: Hash mismatch\n  ╰─▶ for tool==1.0\n")

    assert told == "Installing a tool from locks/tool.txt failed: error: Hash mismatch for tool==1.0"
