"""`files load` against the reference uploader (small files) and rclone (a large one), through the local commons.

The stand-in answers in place of the Gen3 services, so that the clients are measured and not the services.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = ROOT / ".local/reference"
# What the reference needs to start at all: its own pins are looser than what it works with.
PACKAGES = ["aced_submission==0.0.7", "numpy<2", "pandas<3", "fhir.resources<7.1"]


def reference() -> pathlib.Path:
    """The reference uploader in an environment of its own, from PyPI, made once."""
    program = REFERENCE / "bin/aced_submission"
    if not (REFERENCE / "made").exists():
        shutil.rmtree(REFERENCE, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", REFERENCE], check=True)
        subprocess.run([REFERENCE / "bin/pip", "install", "-q", "wheel"], check=True)
        for packages in (PACKAGES[:1], PACKAGES[1:]):
            subprocess.run([REFERENCE / "bin/pip", "install", "-q", *packages], check=True, capture_output=True)
        (REFERENCE / "made").touch()
    return program


def document(file: pathlib.Path, root: pathlib.Path) -> str:
    digest = hashlib.md5()
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    name = str(file.relative_to(root))
    base = "http://aced-idp.org/fhir/StructureDefinition/"
    return json.dumps({
        "resourceType": "DocumentReference", "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "status": "current",
        "content": [{"attachment": {
            "extension": [{"url": base + "md5", "valueString": digest.hexdigest()}, {"url": base + "source_path", "valueUrl": "file:///" + name}],
            "url": "file:///" + name, "size": file.stat().st_size, "contentType": "application/octet-stream"}}]}) + "\n"


def make_study(home: pathlib.Path, small: int, large_mb: int) -> None:
    """home/output/{small,large}/… and home/{small,large}.ndjson."""
    shutil.rmtree(home, ignore_errors=True)
    for kind in ("small", "large"):
        (home / "output" / kind).mkdir(parents=True)
    for number in range(small):
        (home / f"output/small/{number:06}.bin").write_bytes(os.urandom(4096))
    with (home / "output/large/large.bin").open("wb") as out:
        for _ in range(large_mb):
            out.write(os.urandom(1_000_000))
    for kind in ("small", "large"):
        with (home / f"{kind}.ndjson").open("w") as out:
            for file in sorted((home / "output" / kind).iterdir()):
                out.write(document(file, home))


def files(options: argparse.Namespace, home: pathlib.Path, build: pathlib.Path, timed, local_commons) -> list[str]:
    """`timed` and `local_commons` are bench/run's."""
    os.environ.pop("AWS_CA_BUNDLE", None)  # rclone 1.60 does not start with it; the server speaks plain HTTP
    study = home / "files"
    make_study(study, options.files, options.object_mb)
    times: dict[str, list[float]] = {}
    peaks: dict[str, float] = {}

    def measure(name: str, command: list[object], env: dict[str, str]) -> None:
        os.sync()  # what one has left to be written is not the next one's work
        took, peak = timed(command, env)
        times.setdefault(name, []).append(took)
        peaks[name] = max(peaks.get(name, 0), peak)

    with local_commons() as env:
        bucket = "aced-local-demo-synthetic"
        env |= {"ACED_ETL_OUTPUT": str(study / "output"), "ACED_ETL_STATE_DIR": str(home / "files-state"),
                "RCLONE_CONFIG_BENCH_TYPE": "s3", "RCLONE_CONFIG_BENCH_PROVIDER": "Other", "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
                "RCLONE_CONFIG_BENCH_ENDPOINT": env["AWS_ENDPOINT_URL"], "RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE": "true"}
        etl = build / "aced-etl"

        def load(kind: str) -> list[object]:
            return [etl, "files", "load", "-q", "--project", "demo-synthetic", "--bucket", bucket, study / f"{kind}.ndjson"]

        def empty() -> None:
            timed([etl, "files", "rm", "-q", "--yes", "--project", "demo-synthetic"], env)
            shutil.rmtree(home / "files-state", ignore_errors=True)

        timed([etl, "projects", "init", "-q", "demo-synthetic"], env)
        for _ in range(options.rounds):
            empty()
            measure("small", load("small"), env)
        measure("small again", load("small"), env)
        empty()
        if not options.no_reference:
            few = min(options.reference_files, options.files)
            with (study / "small.ndjson").open() as all_of_them:
                (study / "few.ndjson").write_text("".join(line for _, line in zip(range(few), all_of_them)))
            # From /, since it takes the leading slash off the source path.
            upload = ["env", "-C", "/", reference(), "files", "upload", "--bucket_name", bucket, "--document_reference_path", study / "few.ndjson",
                      "--source_path", study, "--program", "demo", "--project", "synthetic", "--credentials_file",
                      pathlib.Path(env["ACED_ETL_CREDS"]) / "credentials.json", "--silent", "--ignore_state", "--state_dir",
                      home / "reference-state"]
            measure("reference", upload, env)
            listed = json.loads(subprocess.run([etl, "files", "ls", "-o", "json", "--project", "demo-synthetic"], env={**os.environ, **env},
                                               check=True, capture_output=True).stdout)
            if len(listed) != few:
                sys.exit(f"the reference uploader loaded {len(listed)} of {few} files")
        for _ in range(options.rounds):
            empty()
            measure("rclone", ["rclone", "copy", "-q", "--config", os.devnull, "--multi-thread-streams", 8, "--s3-upload-concurrency", 8,
                               "--s3-chunk-size", "16M", "--s3-no-check-bucket", "--s3-disable-checksum",
                               study / "output/large", f"bench:{bucket}/rclone"], env)
            timed(["rclone", "purge", "-q", "--config", os.devnull, f"bench:{bucket}/rclone"], env)
            measure("large", load("large"), env)
        empty()
    shutil.rmtree(study, ignore_errors=True)

    def rate(name: str, count: int) -> float:
        return count / statistics.median(times[name])

    rows = [f"Through the stand-in for fence and indexd, and S3Proxy. {options.files:,} files of 4 KB, 8 at once; one of "
            f"{options.object_mb:,} MB in parts of 16 MiB, against rclone with 8 streams straight to S3. Median of {options.rounds} rounds, "
            f"the reference once, with {min(options.reference_files, options.files):,} of the small files: rates are compared.", "", "| | s | rate | ratio | target | peak MB |", "|---|--:|--:|--:|--:|--:|"]
    base = rate("reference", min(options.reference_files, options.files)) if "reference" in times else None
    if base:
        rows.append(f"| small: reference uploader, 10 processes | {statistics.median(times['reference']):.1f} | {base:.1f} files/s | 1.0 | | {peaks['reference']:.0f} each |")
    small = rate("small", options.files)
    rows.append(f"| small: files load | {statistics.median(times['small']):.2f} | {small:.0f} files/s | {f'{small / base:.1f}' if base else ''} | 20 | {peaks['small']:.0f} |")
    rows.append(f"| small: files load, again | {times['small again'][0]:.2f} | {rate('small again', options.files):.0f} files/s | | | {peaks['small again']:.0f} |")
    copy, large = statistics.median(times["rclone"]), statistics.median(times["large"])
    rows.append(f"| large: rclone | {copy:.2f} | {options.object_mb / copy:.0f} MB/s | 1.00 | | {peaks['rclone']:.0f} |")
    rows.append(f"| large: files load | {large:.2f} | {options.object_mb / large:.0f} MB/s | {copy / large:.2f} | 0.90 | {peaks['large']:.0f} |")
    return rows
