"""`run --all`: how long a second run of two studies takes, when nothing has changed, measured against the first one.

From a local S3 server, through the stand-in for the Gen3 services, into PostgreSQL and S3.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
STUDIES = {"First": "demo-synthetic", "Second": "demo-cohort"}
ETL_YAML = "studies:\n" + "".join(f"  - {{name: {name}, project: {project}, bucket: aced-local-{project}}}\n" for name, project in STUDIES.items())


def make_studies(home: pathlib.Path, build: pathlib.Path, records: int, files: int) -> None:
    """home/studies/… and home/output/… of both."""
    shutil.rmtree(home, ignore_errors=True)
    for seed, name in enumerate(STUDIES, 1):
        subprocess.run([build / "aced-synth", home, "--name", name, "--seed", str(seed), "--records", str(records), "--files", str(files),
                        "--file-bytes", "10-200000"], check=True, stdout=subprocess.DEVNULL)


def run(options: argparse.Namespace, home: pathlib.Path, build: pathlib.Path, timed, local_commons) -> list[str]:
    """`timed` and `local_commons` are bench/run's."""
    os.environ.pop("AWS_CA_BUNDLE", None)  # rclone 1.60 does not start with it; the server speaks plain HTTP
    source, pod = home / "run-source", home / "run-pod"
    make_studies(source, build, options.run_records, options.run_files)
    etl = build / "aced-etl"
    times: dict[str, list[float]] = {"first": [], "second": []}
    peak = 0.0
    with local_commons() as env:
        subprocess.run([ROOT / "local/s3", "bucket", "bench-source"], env={**os.environ, "ACED_LOCAL_DIR": str(home / "commons")}, check=True)
        env |= {"RCLONE_CONFIG_BENCH_TYPE": "s3", "RCLONE_CONFIG_BENCH_PROVIDER": "Other", "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
                "RCLONE_CONFIG_BENCH_ENDPOINT": env["AWS_ENDPOINT_URL"], "RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE": "true",
                "S3_BUCKET": "bench-source", "S3_PATH": "", "ACED_ETL_STATE_DIR": str(pod / "state"), "ACED_ETL_STUDIES": str(pod / "studies"),
                "ACED_ETL_OUTPUT": str(pod / "output"), "ACED_ETL_YAML": str(home / "run-etl.yaml")}
        (home / "run-etl.yaml").write_text(ETL_YAML)
        # One type for all: S3Proxy and rclone do not agree on the signature of `text/plain; charset=utf-8`.
        timed(["rclone", "copy", "-q", "--config", os.devnull, "--s3-no-check-bucket", "--header-upload",
               "Content-Type: application/octet-stream", source, "bench:bench-source"], env)
        timed([etl, "graph", "init", "-q"], env)
        for _ in range(options.rounds):
            timed([etl, "graph", "truncate", "-q", "--yes"], env)
            for project in STUDIES.values():
                timed([etl, "files", "rm", "-q", "--yes", "--project", project], env)
            shutil.rmtree(pod, ignore_errors=True)
            pod.mkdir()
            os.sync()  # what one has left to be written is not the next one's work
            for name in times:
                took, used = timed([etl, "run", "-q", "--all"], env)
                times[name].append(took)
                peak = max(peak, used)
    for left in (source, pod):
        shutil.rmtree(left, ignore_errors=True)
    first, second = (statistics.median(times[name]) for name in ("first", "second"))
    return [f"Two studies of {options.run_records:,} records and {options.run_files} files each, from S3 into graph, S3 and indexd: pull, validate, projects, "
            f"graph, files. Median of {options.rounds} rounds.", "", "| | s | of the first | target |", "|---|--:|--:|--:|",
            f"| run --all | {first:.2f} | 1.00 | |", f"| run --all again, nothing changed | {second:.2f} | {second / first:.2f} | below 0.20 |",
            "", f"Peak memory {peak:.0f} MB."]
