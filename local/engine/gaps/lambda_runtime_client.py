"""Python functions run under AWS's own runtime client, in an environment like that of the managed runtime.

The stock engine has a worker of its own for them: every error is `Runtime.HandlerError` without a stack trace
and ends the worker, the whole environment of the engine reaches the function, code and layers are unpacked
for every worker, and 50 ms pass after each call that prints nothing.

After https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (the defined runtime variables) and
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

The runtime client (awslambdaric) is that of the interpreter which FUNCTION_PYTHON names. It speaks the
Runtime API that the engine keeps for custom runtimes. What the environment holds beside Lambda's variables is
named in `variables`; the task root and /opt are folders that all environments of the same code share.
"""

from __future__ import annotations

import contextvars
import functools
import hashlib
import io
import os
import queue
import select
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ministack.core import lambda_runtime as runtime
from ministack.core.responses import get_region
from ministack.services import lambda_svc as service

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

LOG_STREAM: contextvars.ContextVar[str] = contextvars.ContextVar("log_stream", default="")
"""That of the environment which runs the event at hand."""

FAILURE: contextvars.ContextVar[str] = contextvars.ContextVar("failure", default="")
"""What the event at hand failed with that only Lambda sees, such as Sandbox.Timedout; empty without it."""

OUTPUT_KEPT = 32 * 2**20
"""Bytes of a process's output that wait to be taken; of more, the oldest go."""


class InitError(RuntimeError):
    """An environment that did not get as far as asking for its first event.

    Parameters
    ----------
    payload
        The error as the runtime client reports it: errorType, errorMessage and perhaps stackTrace.
    """

    def __init__(self, payload: Json) -> None:
        super().__init__(payload["errorMessage"])
        self.payload = payload


class Output:
    """What a process prints, kept until it is taken.

    A line that the handler printed before it answered is in the pipe when the answer arrives, so `take` need
    not wait for it.

    Parameters
    ----------
    pipe
        The process's stdout and stderr.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._pipe = pipe
        self._text = bytearray()
        self._lock = threading.Lock()
        # A full pipe would stop the process.
        self._reader = threading.Thread(target=self._keep_reading, daemon=True)
        self._reader.start()

    def take(self) -> str:
        """Return what was printed since the last time."""
        with self._lock:
            self._read()
            text = self._text.decode(errors="replace")
            self._text.clear()
        return text.rstrip("\n")

    def join(self, seconds: float) -> None:
        """Wait until the last holder of the pipe has ended."""
        self._reader.join(seconds)

    def _keep_reading(self) -> None:
        readable = select.poll()
        readable.register(self._pipe, select.POLLIN)
        ended = False
        while not ended:
            readable.poll()
            with self._lock:
                ended = self._read()
                del self._text[:-OUTPUT_KEPT]
                if ended:
                    self._pipe.close()

    def _read(self) -> bool:
        """Read all that is there, and tell whether the pipe has ended."""
        if self._pipe.closed:
            return True
        try:
            while part := os.read(self._pipe.fileno(), 2**16):
                self._text += part
        except BlockingIOError:
            return False
        return True


class RuntimeApi(socketserver.ThreadingTCPServer):
    """The Runtime API of one environment, on a free port of the loopback interface."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a process that ended while it was being answered."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end(self) -> None:
        """Stop answering, without waiting for the loop to notice."""
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        self.shutdown()
        self.server_close()


class Environment(runtime.ProvidedWorker):  # type: ignore[misc] # the engine has no types
    """An execution environment: one process of the runtime client, used for one event at a time."""

    def __init__(self, func_name: str, config: Json, code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self._process: subprocess.Popen[bytes] | None = None
        self._output: Output | None = None
        self._server: RuntimeApi | None = None
        self.log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{config['Version']}]{uuid.uuid4().hex}"

    def invoke(self, event: Any, request_id: str, **headers: Any) -> Json:
        """Run one event; the parameters and the result are those of the engine's workers."""
        LOG_STREAM.set(self.log_stream)
        FAILURE.set("")
        taken = {name: headers[name] for name in ("trace_id", "invoked_function_arn") if name in headers}
        try:
            result: Json = super().invoke(event, request_id, **taken)
        except InitError as failure:
            result = {"status": "error", "error_payload": failure.payload, "cold_start": True}
        except runtime.ProvidedInitTimeout:
            result = {"status": "error", "error_payload": timed_out(self.config), "cold_start": True}
        result["log"] = "\n".join(filter(None, [result.get("log"), self._drain_stderr()]))
        if result["status"] == "error":
            self._describe(result, request_id)
        return result

    def _describe(self, result: Json, request_id: str) -> None:
        """Give the failures that only Lambda itself sees the words that Lambda has for them."""
        payload = result["error_payload"]
        kind = payload.get("errorType") if isinstance(payload, dict) else None
        if kind == "Sandbox.Timedout":
            payload = timed_out(self.config)
        elif kind == "Runtime.ExitError":
            payload = exited(self._process)
        else:
            return
        FAILURE.set(kind)
        message = f"RequestId: {request_id} Error: {payload['errorMessage']}"
        result["error_payload"] = {"errorType": kind, "errorMessage": message}
        result["log"] = "\n".join(filter(None, [result["log"], message]))

    def _spawn(self, init_timeout: float | None = None) -> None:
        self._teardown()
        task_root = unpacked([self.code_zip])
        layers = unpacked(list(filter(None, map(service._resolve_layer_zip, self.config.get("Layers", [])))))
        try:
            port = self._serve()
            self._tmpdir = tempfile.mkdtemp(prefix="function-tmp-")
            environment = variables(self.config, task_root, layers, f"127.0.0.1:{port}", self.log_stream)
            # The lock keeps files that are being unpacked from being inherited, open for writing.
            with service._provided_code_lock:
                self._process = subprocess.Popen(
                    # Without packages of the user or of the working folder, and nothing compiled is written:
                    # the task root and /opt are read-only on Lambda.
                    [interpreter(), "-s", "-P", "-B", "-m", "awslambdaric", self.config["Handler"]],
                    cwd=task_root,
                    env={**environment, "TMPDIR": self._tmpdir},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
            self._proc = self._process
            self._output = Output(self._process.stdout)  # type: ignore[arg-type] # it is a pipe
            self._await_init(init_timeout)
        except BaseException:
            self._teardown()
            raise
        self._start_time = time.time()

    def _serve(self) -> int:
        """Begin a generation (the engine's word for one life of an environment); return its API's port."""
        with self._state_lock:
            self._generation += 1
            self._stopping = False
            self._first_poll.clear()
            self._init_settled.clear()
            self._init_error = None
            self._result: Json = {}
            self._response_ready.clear()
            self._current_request_id = None
            self._pending: queue.Queue[Any] = queue.Queue(maxsize=1)
        handler = self._build_handler_class(self._generation, self._pending)
        # An answer is written in two parts: the second must not wait until the first is acknowledged.
        handler.disable_nagle_algorithm = True
        self._server = RuntimeApi(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        port: int = self._server.server_address[1]
        return port

    def _await_init(self, init_timeout: float | None = None) -> None:
        deadline = time.monotonic() + (init_timeout or runtime._PROVIDED_INIT_TIMEOUT)
        while not self._init_settled.wait(runtime._PROVIDED_POLL):
            if self._process is not None and self._process.poll() is not None:
                raise InitError(exited(self._process))
            if time.monotonic() >= deadline:
                raise runtime.ProvidedInitTimeout
        if self._init_error is not None:
            raise InitError(self._init_error)

    def _drain_stderr(self) -> str:
        return self._output.take() if self._output else ""

    def _drain_stderr_bounded(self, *_: float, **__: float) -> str:
        return self._drain_stderr()

    def _shutdown_server(self) -> None:
        server, self._server = self._server, None
        if server:
            server.end()

    def _join_log_thread(self) -> None:
        if self._output:
            self._output.join(1.0)
        if self._tmpdir:
            shutil.rmtree(self._tmpdir, ignore_errors=True)


def timed_out(config: Json) -> Json:
    """Return Lambda's error for a function that took too long."""
    message = f"Task timed out after {config['Timeout']:.2f} seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": message}


def exited(process: subprocess.Popen[bytes] | None) -> Json:
    """Return Lambda's error for a process that ended by itself."""
    code = process.poll() if process else None
    if not code:
        reason = "without providing a reason"
    elif code > 0:
        reason = f"with error: exit status {code}"
    else:
        reason = f"with error: signal: {signal.strsignal(-code) or -code}".lower()
    return {"errorType": "Runtime.ExitError", "errorMessage": f"Runtime exited {reason}"}


def unpacked(archives: Sequence[bytes]) -> Path:
    """Return the folder that holds the archives' files, of two with one name the later's.

    Parameters
    ----------
    archives
        Zip files in the order in which they are unpacked. The same archives give the same folder; names that
        would lead out of it are kept inside (see `zipfile.ZipFile.extract`).
    """
    digest = hashlib.sha256(b"".join(hashlib.sha256(archive).digest() for archive in archives)).hexdigest()
    folder = Path(service._PROVIDED_CODE_CACHE) / digest
    with service._provided_code_lock:
        if not folder.is_dir():
            folder.parent.mkdir(exist_ok=True)
            draft = tempfile.mkdtemp(dir=folder.parent)
            for archive in archives:
                with zipfile.ZipFile(io.BytesIO(archive)) as files:
                    service._extract_zip_preserving_mode(files, draft)
            Path(draft).rename(folder)
    return folder


def interpreter() -> str:
    """Return the Python that functions run under."""
    return os.environ["FUNCTION_PYTHON"]


@functools.cache
def runtime_folder() -> str:
    """Return the folder of the runtime client's packages: on Lambda, /var/runtime."""
    where = "import pathlib, awslambdaric; print(pathlib.Path(awslambdaric.__file__).parents[1])"
    found = subprocess.run([interpreter(), "-I", "-c", where], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def variables(config: Json, task_root: Path, layers: Path, api: str, log_stream: str) -> dict[str, str]:
    """Return the environment of a function's process, of which nothing is the host's.

    Parameters
    ----------
    config
        The function's configuration, as GetFunctionConfiguration answers it.
    task_root, layers
        The folders that are /var/task and /opt on Lambda.
    api
        Host and port of the Runtime API.
    log_stream
        The name of the environment's log stream.
    """
    runtime_name = config["Runtime"]
    logging = config.get("LoggingConfig") or {}
    log_format = logging.get("LogFormat", "Text")
    own = service._runtime_env_vars(config)
    # In this order: /opt's packages come after the function's own modules and before those of the runtime.
    search = [str(task_root), f"{layers}/python/lib/{runtime_name}/site-packages", f"{layers}/python"]
    changeable = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"{Path(interpreter()).parent}:/usr/local/bin:/usr/bin:/bin:{layers}/bin",
        "LD_LIBRARY_PATH": f"{task_root}:{task_root}/lib:{layers}/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        # Not Lambda's: where AWS is, and that the names of hosts below it stay as they are.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{service._GATEWAY_PORT}",
        runtime.HOST_PREFIX_ENV: "true",
    }
    reserved = {
        "_HANDLER": config["Handler"],
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime_name}",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": config["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": runtime_folder(),
        "PYTHONPATH": os.pathsep.join([*search, *filter(None, [own.get("PYTHONPATH")])]),
        **runtime.execution_credentials(config),
    }
    if log_format == "JSON":
        reserved["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    return {**changeable, **own, **reserved}


def fill() -> None:
    """Give every function of a Python runtime environments of this kind.

    Raises
    ------
    KeyError
        When FUNCTION_PYTHON names no interpreter.
    """
    interpreter()
    worker_class_for = runtime._worker_class_for
    execute_pooled = service._execute_function_warm

    def environment_class_for(config: Json) -> Any:
        return Environment if runs_python(config) else worker_class_for(config)

    def execute(func: Json, event: Any, request_id: str) -> Any:
        python = runs_python(func.get("config") or func)
        over_runtime_api = service._execute_function_provided_warm
        return (over_runtime_api if python else execute_pooled)(func, event, request_id)

    runtime._worker_class_for = environment_class_for
    service._execute_function_warm = execute


def runs_python(config: Json) -> bool:
    """Tell whether the function's runtime is one of AWS's for Python."""
    return str(config.get("Runtime", "")).startswith("python")
