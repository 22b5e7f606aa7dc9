"""A name that does not exist is an error with exit code 2 and the nearest name that does, in every command that takes one."""

from __future__ import annotations

from local_servers import Search
from run_world import COHORT, LUNG, PROJECTS, World
from search_study import hits, patients

PROJECT, MISTYPED = PROJECTS[LUNG], "demo-syntetic"
NO_PROJECT = f"the project {MISTYPED} does not exist"

# (command, what the message says, the name that it suggests). STUDY is the folder of a study, BUCKET a bucket of the commons, SOURCE the
# bucket of studies; BUCKET~ and SOURCE~ are mistyped.
NAMES = [
    # projects
    ("graph counts --project demo-syntetic", NO_PROJECT, PROJECT),
    ("graph rm --project demo-syntetic --yes", NO_PROJECT, PROJECT),
    ("projects rm demo-syntetic --yes", NO_PROJECT, PROJECT),
    ("projects rm demo-syntetic --yes --via database", NO_PROJECT, PROJECT),
    ("projects rm demo-syntetic --dry-run", NO_PROJECT, PROJECT),
    ("files ls --project demo-syntetic", NO_PROJECT, PROJECT),
    ("files rm --project demo-syntetic --yes", NO_PROJECT, PROJECT),
    ("files get --project demo-syntetic --out copy", NO_PROJECT, PROJECT),
    ("files move --project demo-syntetic --to BUCKET --yes", NO_PROJECT, PROJECT),
    ("files verify --project demo-syntetic STUDY", NO_PROJECT, PROJECT),
    ("buckets test BUCKET --project demo-syntetic", NO_PROJECT, PROJECT),
    # buckets
    ("files load --project demo-synthetic --bucket BUCKET~ STUDY", "fence does not know the bucket", "BUCKET"),
    ("files verify --project demo-synthetic --bucket BUCKET~ STUDY", "fence does not know the bucket", "BUCKET"),
    ("files move --project demo-synthetic --to BUCKET~ --yes", "fence does not know the bucket", "BUCKET"),
    ("buckets test BUCKET~", "fence does not know the bucket", "BUCKET"),
    # profiles
    ("studies pull --profile etlbott", "the AWS profile `etlbott` does not exist", "etlbot"),
    ("put-object SOURCE key get --profile etlbott", "the AWS profile `etlbott` does not exist", "etlbot"),
    # studies
    ("run Lungg", "Lungg", LUNG),
    ("studies pull Lungg", "Lungg", LUNG),
    # steps, commands, options, words
    ("run --only grap Lung", "grap", "graph"),
    ("run --skip grap Lung", "grap", "graph"),
    ("grap counts", "grap", "graph"),
    ("graph count", "count", "counts"),
    ("graph counts --projct demo-synthetic", "--projct", "--project"),
    ("graph counts -o jsn", "jsn", "json"),
    # paths
    ("validate STUDY~", "there is no such file or folder", "STUDY"),
    ("simplify STUDY~ out", "there is no such file or folder", "STUDY"),
    ("graph load --project demo-synthetic STUDY~", "there is no such file or folder", "STUDY"),
    ("files load --project demo-synthetic --bucket BUCKET STUDY~", "there is no such file or folder", "STUDY"),
    ("files verify --project demo-synthetic STUDY~", "there is no such file or folder", "STUDY"),
    ("graph counts --etl-yaml etl.yam", "etl.yaml does not exist", "etl.yaml"),
]

SEARCH = [("search", "ls"), ("search", "counts"), ("search", "rm", "--yes"), ("search", "rollback"), ("fhir", "rm", "--yes"), ("fhir", "get", "copy")]


def mistyped(word: str) -> str:
    """Without the second letter of its last part. Its end may be a number, and without a digit another test's name."""
    folder, slash, name = word.rpartition("/")
    return folder + slash + name[0] + name[2:]


def test_every_command_refuses_a_name_that_does_not_exist_and_suggests_one_that_does(world: World):
    world.run()
    words = {"BUCKET": world.commons.bucket(PROJECT), "SOURCE": world.bucket, "STUDY": str(world.home / "studies" / LUNG)}
    words |= {f"{name}~": mistyped(word) for name, word in words.items()}
    before = world.holds()
    wrong = []
    for line, said, meant in NAMES:
        ran = world.etl(*[words.get(word, word) for word in line.split()])
        meant = words.get(meant, meant)
        if ran.rc != 2 or said not in ran.stderr or "did you mean" not in ran.stderr or meant not in ran.stderr.split("did you mean")[1]:
            wrong.append(f"{line}\n{ran}")
    assert not wrong, "\n\n".join(wrong)
    ran = world.etl("studies", "pull", "--source-bucket", words["SOURCE~"]).failed(7)
    assert "NoSuchBucket" in ran.stderr and f"did you mean `{world.bucket}`?" in ran.stderr, ran
    assert world.holds() == before
    assert world.etl("run", COHORT).rc == 0


def test_a_mistyped_project_of_the_search_server(world: World, search: Search, tmp_path):
    """Known are the projects of the server and those of the commons; without a commons, the name must be near to one of the server's."""
    world.run("--only", "pull,validate,projects", LUNG)
    world.etl.env["ELASTICSEARCH_URL"] = search.url
    study = patients(tmp_path / "study", "1")
    world.etl("fhir", "put", "--project", "demo-elsewhere", study).ok()
    alone = {"ACED_ETL_CREDS": str(tmp_path / "none"), "GEN3_ENDPOINT": None, "GEN3_API_KEY": None, "PGHOST": None}
    for command in SEARCH:
        for mistyped, meant in ((MISTYPED, PROJECT), ("demo-elsewere", "demo-elsewhere")):
            ran = world.etl(*command, "--project", mistyped).failed(2)
            assert f"the project {mistyped} does not exist" in ran.stderr and f"did you mean `{meant}`?" in ran.stderr, ran
        ran = world.etl(*command, "--project", "demo-elsewere", env=alone).failed(2)
        assert "did you mean `demo-elsewhere`?" in ran.stderr, ran
        if command[-1] not in ("rollback", "copy"):  # these need something, of whatever project
            world.etl(*command, "--project", PROJECT).ok()
            world.etl(*command, "--project", "aced-quite_another", env=alone).ok()
    assert hits(search, "fhir")
