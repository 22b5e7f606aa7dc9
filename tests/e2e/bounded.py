"""Runs a program under limits: what a hostile input may cost."""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
import threading

from programs import Program, Ran


@dataclasses.dataclass
class Cost:
    ran: Ran
    cpu_seconds: float
    peak_mib: float


def bounded(etl: Program, *args: object, cpu_seconds: int = 20, peak_mib: int = 300, env: dict[str, str] | None = None) -> Ran:
    """The run, which must not have used more than these. Processor time is limited, not the clock's: the bound is one on
    work, and holds on a busy machine, too."""
    cost = measured(etl, *args, cpu_seconds=cpu_seconds, env=env)
    assert cost.ran.rc != -signal.SIGXCPU, f"used more than {cpu_seconds} s of processor time\n{cost.ran}"
    assert cost.ran.rc >= 0, f"ended by signal {-cost.ran.rc}\n{cost.ran}"
    assert cost.peak_mib < peak_mib, f"used {cost.peak_mib:.0f} MiB of memory\n{cost.ran}"
    return cost.ran


def measured(etl: Program, *args: object, cpu_seconds: int, env: dict[str, str] | None = None) -> Cost:
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))  # noqa: E731
    out, err = etl.cwd / "bounded.out", etl.cwd / "bounded.err"
    before = etl.env
    etl.env = {**before, **(env or {})}
    try:
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = etl.start(*args, stdout=stdout, stderr=stderr, preexec_fn=limit)
    finally:
        etl.env = before
    killer = threading.Timer(300, process.kill)  # for one that only waits
    killer.start()
    _, status, used = os.wait4(process.pid, 0)
    killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    ran = Ran([str(etl.binary), *map(str, args)], process.returncode, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace"))
    etl.check(ran.stdout, "stdout")
    etl.check(ran.stderr, "stderr")
    return Cost(ran, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
