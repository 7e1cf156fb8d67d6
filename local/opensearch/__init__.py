"""A real OpenSearch, for tests and benchmarks: a given one, one in Docker, or one of Maven Central's jars.

with node() as url: ...                     python -m local.opensearch [--port 9200]
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATE = HERE.parents[1] / ".local/opensearch"
GIVEN = "LENS_OPENSEARCH"
"""The variable that names the address of one that runs."""
JDK = 17
VERSION = "2.19.5"
SECONDS = 120
MEGABYTES = 512
CLASSPATH = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"


class UnavailableError(Exception):
    """There is no OpenSearch to be had; the message says why, and what would help."""


@contextlib.contextmanager
def node(say: Callable[[str], object] = lambda _: None, port: int = 0) -> Iterator[str]:
    """Run a node, or take the one that LENS_OPENSEARCH names; yield its address.

    Its data are in a folder of its own, and go with it.

    Parameters
    ----------
    say
        Is told what takes a while.
    port
        Where it listens on 127.0.0.1; any free one for 0.

    Raises
    ------
    UnavailableError
        When none can be had.
    """
    if given := os.environ.get(GIVEN):
        _wait(given, lambda: None)
        yield given
        return
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="opensearch-") as home, contextlib.ExitStack() as stack:
        log = Path(home, "node.log")
        if _docker():
            say("Starting OpenSearch in Docker ...")
            process = _start(_in_docker(port), log, stack)
        else:
            java = _java()
            say("Fetching OpenSearch from Maven Central, once ...")
            process = _start(_of_jars(java, _jars(), Path(home), port), log, stack)
            say("Starting OpenSearch ...")

        def ended() -> str | None:
            return None if process.poll() is None else _last_line(log)

        _wait(url, ended)
        yield url


def _start(command: list[str], log: Path, stack: contextlib.ExitStack) -> subprocess.Popen[bytes]:
    """Start what ends with its input, so that it outlives nobody."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=stack.enter_context(log.open("wb")), stderr=subprocess.STDOUT
    )

    def end() -> None:
        with contextlib.suppress(BrokenPipeError):
            process.communicate(timeout=SECONDS)

    stack.callback(end)
    return process


def _of_jars(java: str, jars: str, home: Path, port: int) -> list[str]:
    heap = [f"-Xms{MEGABYTES}m", f"-Xmx{MEGABYTES}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    return [java, *heap, "-cp", jars, str(HERE / "SearchNode.java"), str(home), str(port)]


def _in_docker(port: int) -> list[str]:
    settings = {
        "discovery.type": "single-node",
        "DISABLE_SECURITY_PLUGIN": "true",
        "OPENSEARCH_JAVA_OPTS": f"-Xms{MEGABYTES}m -Xmx{MEGABYTES}m",
    }
    given = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    image = f"opensearchproject/opensearch:{VERSION}"
    # The container's shell waits for the end of the input, and takes the node with it.
    script = "./opensearch-docker-entrypoint.sh opensearch & cat > /dev/null; kill $!; wait"
    return [
        *("docker", "run", "--rm", "--interactive", "--publish", f"127.0.0.1:{port}:9200", *given),
        *("--entrypoint", "bash", image, "-c", script),
    ]


def _docker() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None or shutil.which("mvn") is None:
        raise UnavailableError(
            f"no OpenSearch: name one in {GIVEN}, or install Docker, or Maven and a JDK of {JDK} or newer"
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < JDK:
        raise UnavailableError(f"no OpenSearch: the JDK is older than {JDK}")
    return java


def _jars() -> str:
    """Return the class path that Maven resolves; it keeps the jars where it keeps all of them."""
    STATE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mvn", "-B", "-q", CLASSPATH, f"-Dmdep.outputFile={STATE}/classpath", "-f", str(HERE / "pom.xml")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnavailableError(f"no OpenSearch: Maven said {done.stdout.strip().splitlines()[:1]}")
    return (STATE / "classpath").read_text().strip()


def _wait(url: str, ended: Callable[[], str | None]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if (why := ended()) is not None:
            raise UnavailableError(f"no OpenSearch: it ended: {why}")
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{url}/_cluster/health", timeout=5).close()  # noqa: S310 - ours
            return
        time.sleep(0.2)
    raise UnavailableError(f"no OpenSearch: {url} did not answer within {SECONDS} s")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a word"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
