"""The pod of a commons' regular run, as the tests of `aced-etl run` handle it: etl.yaml, two studies, and what is held afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import yaml
from graph_study import digest, dump
from local_servers import S3, Commons

LUNG, COHORT = "Lung", "Cohort"
PROJECTS = {LUNG: "demo-synthetic", COHORT: "demo-cohort"}
STEPS = ("pull", "validate", "projects", "graph", "files")
# Turned off in the etl.yaml of these worlds; test_run_search.py turns them on.
LATER_STEPS = ("search", "fhir", "discovery")
OFF = dict.fromkeys(LATER_STEPS, "no")
RECORDS = 400
FILES = 12


def make_study(synth: pathlib.Path, folder: pathlib.Path, name: str, seed: int, *more: object, files: int = FILES) -> pathlib.Path:
    """A synthetic study: `folder`/studies/NAME and `folder`/output/NAME."""
    subprocess.run([synth, folder, "--name", name, "--records", str(RECORDS), "--seed", str(seed), "--files", str(files),
                    "--file-bytes", "10-200000", *map(str, more)], check=True, capture_output=True)
    return folder


class Running:
    """A run under way, whose log is read while it comes."""

    def __init__(self, etl, *args: object, **env: str | None) -> None:
        self.process = etl.start("run", "-o", "json", "--log-format", "json", *args, env=env)
        self._etl = etl
        self._lines: list[dict] = []
        self._more = threading.Condition()
        self._output = b""
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._read_log, self._read_output)]
        for thread in self._threads:
            thread.start()

    def _read_log(self) -> None:
        for line in self.process.stderr:
            with self._more:
                self._lines.append(json.loads(line))
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def _read_output(self) -> None:
        self._output = self.process.stdout.read()

    @property
    def log(self) -> list[dict]:
        with self._more:
            return list(self._lines)

    def steps(self) -> list[tuple[str, str]]:
        """Those that have ended: (study, step)."""
        return [(line["study"], line["step"]) for line in self.log if "step" in line]

    def until(self, wanted: Callable[[dict], bool], count: int = 1, timeout: float = 60) -> dict:
        """The line of its log that is wanted (the `count`th one), as soon as it is there."""
        until = time.monotonic() + timeout
        with self._more:
            while True:
                found = [line for line in self._lines if wanted(line)]
                if len(found) >= count:
                    return found[count - 1]
                left = until - time.monotonic()
                assert left > 0 and self._threads[0].is_alive(), f"it did not come: {json.dumps(self._lines, indent=1)}"
                self._more.wait(min(left, 0.5))

    def until_said(self, text: str, count: int = 1) -> dict:
        return self.until(lambda line: text in line["msg"], count)

    def until_done(self, study: str, step: str) -> dict:
        return self.until(lambda line: (line.get("study"), line.get("step")) == (study, step))

    def kill(self) -> bool:
        """SIGKILL; whether it came before the end."""
        self.process.send_signal(signal.SIGKILL)
        self.end()
        return self.process.returncode == -signal.SIGKILL

    def stop(self) -> "Ended":
        """SIGTERM; fails unless it has ended within ten seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.end(timeout=10)

    def end(self, timeout: float = 120) -> "Ended":
        self.process.wait(timeout)
        for thread in self._threads:
            thread.join()
        ended = Ended(self.process.returncode, self._output.decode(), self.log)
        self._etl.check(ended.stdout, "stdout of a run")
        self._etl.check(json.dumps(ended.log), "the log of a run")
        return ended


class Ended:
    """A run that has ended, or several with --every: one report each."""

    def __init__(self, rc: int, stdout: str, log: list[dict]) -> None:
        self.rc, self.stdout, self.log = rc, stdout, log

    def failed(self, rc: int) -> "Ended":
        assert self.rc == rc, f"wanted exit code {rc}\n{self}"
        return self

    def reports(self) -> list[dict]:
        found, at, decoder = [], 0, json.JSONDecoder()
        while at < len(self.stdout.rstrip()):
            report, at = decoder.raw_decode(self.stdout, at)
            found.append(report)
            at += len(self.stdout[at:]) - len(self.stdout[at:].lstrip())
        return found

    def json(self) -> dict:
        (report,) = self.reports()
        return report

    def __str__(self) -> str:
        return f"[exit {self.rc}]\n{self.stdout}\n" + "\n".join(map(json.dumps, self.log))


class Pod:
    """`etl` is aced-etl as it is set up there, `home` its home folder, `database` holds the graph."""

    def __init__(self, etl, database) -> None:
        self.etl = etl
        self.home: pathlib.Path = etl.cwd
        self.database = database
        self.sources: dict[str, pathlib.Path] = {}  # study -> where it was made
        self._started: list[Running] = []

    def studies(self) -> list[dict]:
        """As etl.yaml lists them."""
        return [{"name": LUNG, "project": "synthetic"}, {"name": COHORT, "project": "cohort"}]

    def settings(self) -> dict:
        return {"program": "demo", "studies": self.studies(), "limits": {"retry_wait": 1}, "destinations": {"files": "no", **OFF}}

    def write_etl_yaml(self, **change: object) -> None:
        """`change` replaces top-level keys, or takes them away (None). Destinations that it does not name stay as they are."""
        if change.get("destinations"):
            change["destinations"] = {**OFF, **change["destinations"]}
        whole = {key: value for key, value in {**self.settings(), **change}.items() if value is not None}
        new = self.home / "etl.yaml.new"
        new.write_text(yaml.safe_dump(whole, sort_keys=False))
        new.replace(self.home / "etl.yaml")  # at once: a run may be reading it

    def change_study(self, study: str, **change: object) -> None:
        """Writes etl.yaml with another entry for this study."""
        self.write_etl_yaml(studies=[{**entry, **change} if entry["name"] == study else entry for entry in self.studies()])

    def mount(self, folder: pathlib.Path) -> None:
        """A study as aced-synth wrote it, into the pod's folders."""
        self._note(folder)
        shutil.copytree(folder, self.home, dirs_exist_ok=True)

    def _note(self, folder: pathlib.Path) -> None:
        self.sources.update({path.name: folder for path in (folder / "studies").iterdir()})

    def run(self, *args: object, rc: int = 0, **env: str | None):
        """A whole run; of every study, unless something else is said."""
        return self.etl("run", "-o", "json", *(args or ("--all",)), env=env).failed(rc)

    def start(self, *args: object, **env: str | None) -> Running:
        self._started.append(Running(self.etl, *(args or ("--all",)), **env))
        return self._started[-1]

    def end(self) -> None:
        """Kills what a test that failed has left."""
        for running in self._started:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()

    def forget(self) -> None:
        """As a new pod starts: no state, no studies."""
        for name in ("state", "studies", "output"):
            shutil.rmtree(self.home / name, ignore_errors=True)

    def records(self, study: str) -> int:
        """How many of a study's records the graph holds."""
        tables = [name for name, in self.database.rows(
            r"select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^node_'")]
        parts = " union all ".join(f"select _props->>'project_id' as project from \"{name}\"" for name in tables)
        return self.database.value(f"select count(*) from ({parts}) as nodes where project = %s", PROJECTS[study])

    @contextlib.contextmanager
    def held(self, study: str) -> Iterator[None]:
        """A load of this study into an empty graph waits for the end of the block: another session is about to make one of
        its patients."""
        line = (self.sources[study] / "studies" / study / "Patient.ndjson").read_text().splitlines()[0]
        connection = self.database.connect()
        try:
            connection.execute("insert into node_patient (node_id, _props) values (%s, '{}')", (json.loads(line)["id"],))
            yield
        finally:
            connection.close()  # which undoes it

    def until_it_waits(self) -> None:
        """Until a load waits for what is held()."""
        until = time.monotonic() + 60
        while not self.database.rows("select 1 from pg_stat_activity where application_name ~ '^aced-etl' "
                                     "and wait_event_type = 'Lock' and datname = current_database()"):
            assert time.monotonic() < until, "no load waits"
            time.sleep(0.02)


class World(Pod):
    """A pod beside a commons, with studies in a bucket."""

    def __init__(self, etl, database, commons: Commons, s3: S3, bucket: str) -> None:
        super().__init__(etl, database)
        self.commons = commons
        self.s3 = s3
        self.bucket = bucket

    def studies(self) -> list[dict]:
        return [{**entry, "bucket": self.commons.bucket(PROJECTS[entry["name"]])} for entry in super().studies()]

    def settings(self) -> dict:
        return {**super().settings(), "destinations": OFF}

    def put(self, folder: pathlib.Path, *, moved: tuple[str, str] = ("", "")) -> None:
        """A study as aced-synth wrote it (studies/…, output/…) into the source bucket; `moved` changes keys' beginnings."""
        self._note(folder)
        client = self.s3.client()
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                name = str(file.relative_to(folder))
                if moved[0] and name.startswith(moved[0]):
                    name = moved[1] + name.removeprefix(moved[0])
                client.put_object(Bucket=self.bucket, Key=f"dev/{name}", Body=file.read_bytes())

    def take_away(self, study: str) -> None:
        """Out of the source bucket: a folder of the server's disk."""
        for side in ("studies", "output"):
            shutil.rmtree(self.s3.home / "s3/data" / self.bucket / "dev" / side / study)

    def files(self, study: str) -> dict[str, str]:
        """The objects in the bucket of a study's project: key -> hash. On its file system the server lists folders, too,
        and what it keeps of uploads that were cut off."""
        client = self.s3.client()
        bucket = self.commons.bucket(PROJECTS[study])
        data = self.s3.home / "s3/data" / bucket
        return {key: hashlib.md5(client.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest()
                for key in self.s3.contents(bucket)
                if "/" in key and not key.startswith(".mpus-") and not (data / key).is_dir()}

    def indexed(self) -> list[dict]:
        """indexd's records, without what says when and how often."""
        records = self.commons.stand_in.ask("GET", "/index/index?limit=1000").json()["records"]
        return [{name: value for name, value in record.items() if name not in ("created_date", "updated_date", "rev", "baseid")}
                for record in records]

    def holds(self) -> dict[str, object]:
        """All that the commons holds, to be compared, with another commons, too: rows, records of indexd, objects."""
        records = sorted(json.dumps(record, sort_keys=True).replace(self.commons.prefix, "PREFIX") for record in self.indexed())
        return {"graph": dump(self.database), "records": records, "objects": {study: self.files(study) for study in PROJECTS}}

    def untouched(self) -> list[object]:
        """Changes with every write to graph, indexd or buckets."""
        return [digest(self.database), self.commons.stand_in.ask("GET", "/index/index?limit=1000").text,
                *(self.s3.contents(self.commons.bucket(project)) for project in PROJECTS.values())]

    def empty(self) -> None:
        """As it was before the first run."""
        self.forget()
        tables = [name for name, in self.database.rows(
            r"select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^(node|edge)_'")]
        self.database.execute("truncate " + ", ".join(f'"{name}"' for name in tables) + " cascade")
        for project in PROJECTS.values():
            removed = self.etl("files", "rm", "--yes", "--project", project)
            assert removed.rc == 0 or "there is no project" in removed.stderr, removed  # it was not made yet
            bucket = self.commons.bucket(project)
            for key in self.s3.contents(bucket):
                self.s3.client().delete_object(Bucket=bucket, Key=key)
        self.forget()


def steps(ran, study: str) -> dict[str, str]:
    """Of a run with -o json: step -> outcome."""
    return {each["step"]: each["outcome"] for each in of_study(ran, study)["steps"]}


def step(ran, study: str, name: str) -> dict:
    return next(each for each in of_study(ran, study)["steps"] if each["step"] == name)


def of_study(ran, study: str) -> dict:
    return next(each for each in ran.json()["studies"] if each["study"] == study)


def well(*, but: dict[str, str] | None = None, outcome: str = "done") -> dict[str, str]:
    """What steps() says when all went well, or all but some."""
    later = outcome if outcome == "not reached" else "skipped"
    return {**dict.fromkeys(STEPS, outcome), **dict.fromkeys(LATER_STEPS, later), **(but or {})}
