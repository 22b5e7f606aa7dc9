"""Runs a program under limits: what a hostile input may cost."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import signal
import tempfile

from programs import ROOT, Program, Ran


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
    """What the run cost. scripts/cost measures it: to a child of pytest itself, Linux would count pytest's own memory."""
    with tempfile.TemporaryDirectory(prefix="aced-etl-cost-") as folder:
        file = pathlib.Path(folder, "cost.json")
        # 300 s of the clock, for a program that only waits.
        cost = Program(ROOT / "scripts/cost", {**etl.env, **(env or {})}, etl.cwd, etl.canary)
        done = cost("--cpu-seconds", cpu_seconds, "--seconds", 300, file, etl.binary, *args, timeout=330)
        used = json.loads(file.read_text())
    ran = dataclasses.replace(done, args=[str(etl.binary), *map(str, args)], rc=used["exit"])
    return Cost(ran, used["cpu_seconds"], used["peak_kib"] / 1024)
