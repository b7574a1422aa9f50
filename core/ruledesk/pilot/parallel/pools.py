"""Where parts of a replay run: processes of this machine, or a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from ruledesk.errors import InvalidInput
from ruledesk.pilot.parallel.run import Pool, Running


@contextmanager
def pool_of(workers: int, dask: str) -> Iterator[Pool | None]:
    """Choose where to run.

    Args:
        workers: How many processes; 1 for this one alone.
        dask: Address of a Dask scheduler; empty for none.

    Yields:
        The pool; None where this process does it itself.

    Raises:
        InvalidInput: Both are asked for, or what is asked for cannot be had.
    """
    if dask and workers > 1:
        raise InvalidInput.of(
            "cannot be used with --dask", "不能与 --dask 同时使用",
            field="--workers", value=workers, accepted=("one of the two",),
        )  # fmt: skip
    if dask:
        with dask_cluster(dask) as cluster:
            yield cluster
    elif workers > 1:
        with processes(workers) as pool:
            yield pool
    else:
        yield None


@contextmanager
def processes(workers: int) -> Iterator[Pool]:
    """Run over processes of this machine.

    Args:
        workers: How many.

    Raises:
        InvalidInput: A process died; most often the machine has too little memory for so many.
    """
    # Not forked: plugins and the guard may have threads, which a fork would leave out.
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield executor
    except BrokenProcessPool as error:
        raise InvalidInput.of(
            "a worker process died", "工作进程意外终止", field="--workers", value=workers,
            accepted=("fewer workers, where memory is short",),
        ) from error  # fmt: skip
    finally:
        executor.shutdown(cancel_futures=True)


class _Dask:
    def __init__(self, client: Any) -> None:
        self._client = client

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Running:
        # Not pure: an answer of an earlier run must not be taken for this one's.
        running: Running = self._client.submit(function, *args, pure=False)
        return running


@contextmanager
def dask_cluster(address: str) -> Iterator[Pool]:
    """Run over a Dask cluster, whose workers have RuleDesk installed and see the same files.

    Args:
        address: Of the scheduler, for example ``tcp://10.0.0.5:8786``.

    Raises:
        InvalidInput: The extra is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 -- an extra, and slow to load
    except ImportError as error:
        raise InvalidInput.of(
            "needs the extra “dask”", "需要安装附加组件 dask", field="--dask",
            accepted=("pip install 'ruledesk[dask]'",),
        ) from error  # fmt: skip
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InvalidInput.of(
            f"no Dask scheduler answers ({error})", f"无法连接 Dask 调度器（{error}）",
            field="--dask", value=address, accepted=("tcp://host:8786",),
        ) from error  # fmt: skip
    with client:
        yield _Dask(client)
