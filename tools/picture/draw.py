#!/usr/bin/env python3
"""Draws docs/aced-etl.svg: the way of a study through `aced-etl run`.

    tools/picture/draw.py            write it
    tools/picture/draw.py --check    write nothing; exit 1 when the file is not what this draws
"""

import argparse
import pathlib
import sys

from canvas import Canvas

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "aced-etl.svg"

TITLE = "The way of a study through aced-etl"
DESCRIPTION = (
    "A CronJob, kubectl exec or run --every starts aced-etl run. Step 1, pull, brings what changed from a source bucket in S3 "
    "into the folders studies and output; mounted folders do instead. Step 2 validates the metadata against FHIR R5. Step 3 "
    "makes the project through sheepdog. Step 4 simplifies the metadata to records and loads them into the graph in PostgreSQL, "
    "in one transaction. Step 5 checks size and md5 of each file that a DocumentReference names, puts it into S3 by a URL that "
    "fence signs, and records it in indexd. Step 6 loads the documents that the portal searches, and the raw FHIR resources, into "
    "OpenSearch or Elasticsearch. Step 7 writes the study's record for the discovery page to metadata-service. Settings come from etl.yaml, /creds and ~/.aws; the state dir keeps journals. Out "
    "come a table or JSON, and an exit code."
)


def draw() -> str:
    canvas = Canvas(1120, 690, TITLE, DESCRIPTION)

    # Who calls.
    for x, name in ((272, "CronJob"), (432, "kubectl exec"), (592, "run --every")):
        canvas.box("plain", x, 18, 140, 34, name)
        canvas.way(f"M{x + 70},52 V84")

    canvas.frame(192, 86, 620, 496, "aced-etl run", "every study of etl.yaml, step by step")
    canvas.frame(872, 86, 230, 496, "Gen3 commons", "")

    # Where studies come from.
    canvas.store("plain", 18, 186, 124, 84, "S3 bucket", "studies/", "output/")
    canvas.box("plain dash", 18, 290, 124, 56, "mounted", "folders")

    # Step 1: both folders, from the bucket or as they are mounted.
    canvas.box("plain", 206, 198, 96, 60, "pull", "only changes")
    canvas.number(1, 206, 198)
    canvas.way("M142,228 H204")
    canvas.way("M302,228 H336")
    canvas.way("M318,228 V383 H336")
    canvas.way("M142,318 H318", dashed=True, tip=False)
    canvas.box("blue", 338, 198, 106, 60, "~/studies", "FHIR R5")
    canvas.box("green", 338, 353, 106, 60, "~/output", "files")

    # Step 3, above the way of the metadata.
    canvas.box("violet", 686, 126, 106, 48, "projects")
    canvas.number(3, 686, 126)
    canvas.way("M792,150 H886")
    canvas.box("violet", 888, 126, 198, 48, "sheepdog", "programs, projects")

    # Steps 2 and 4.
    canvas.box("blue", 472, 198, 88, 60, "validate", "FHIR R5")
    canvas.number(2, 472, 198)
    canvas.box("blue", 580, 198, 88, 60, "simplify", "flat records")
    canvas.box("blue", 686, 198, 106, 60, "graph", "what differs")
    canvas.number(4, 580, 198)
    canvas.way("M444,228 H470")
    canvas.way("M560,228 H578")
    canvas.way("M668,228 H684")
    canvas.way("M792,228 H886")
    canvas.note(839, 218, "one", "note")
    canvas.note(839, 246, "commit", "note")
    canvas.store("blue", 888, 190, 198, 76, "PostgreSQL", "nodes, edges")

    # Step 5.
    canvas.box("green", 580, 336, 212, 94, "files", "size and md5 checked,", "in parts, goes on", "where it was")
    canvas.number(5, 580, 336)
    canvas.way("M444,383 H578")
    canvas.way("M391,258 V310 H620 V334")
    canvas.note(541, 302, "DocumentReferences")
    canvas.box("green", 888, 278, 198, 44, "fence", "signs the URLs")
    canvas.store("green", 888, 330, 198, 68, "S3 buckets", "objects")
    canvas.box("green", 888, 406, 198, 44, "indexd", "records: GUID, size, md5")
    canvas.way("M792,360 H830 V300 H886")
    canvas.way("M792,374 H886")
    canvas.way("M792,410 H830 V428 H886")

    # Steps 6 and 7.
    canvas.box("blue", 580, 452, 212, 48, "search, fhir", "documents, raw resources")
    canvas.number(6, 580, 452)
    canvas.way("M444,244 H456 V476 H578")
    canvas.store("blue", 888, 458, 198, 60, "OpenSearch", "what guppy reads")
    canvas.way("M792,484 H886")
    canvas.box("violet", 580, 520, 212, 44, "discovery", "title, counts")
    canvas.number(7, 580, 520)
    canvas.way("M456,476 V542 H578")
    canvas.box("violet", 888, 526, 198, 44, "metadata-service", "discovery page")
    canvas.way("M792,548 H886")

    # What it is told, what it remembers, what it says.
    for x, width, name, note in ((212, 100, "etl.yaml", "studies, limits"), (326, 118, "/creds", "keys, database"),
                                 (458, 84, "~/.aws", "S3 keys")):
        canvas.box("plain", x, 620, width, 52, name, note)
        canvas.way(f"M{x + width // 2},620 V584")
    canvas.box("plain", 556, 620, 100, 52, "state dir", "journals")
    canvas.way("M594,620 V584")
    canvas.way("M618,582 V618")
    canvas.box("plain", 680, 620, 132, 52, "report", "table or JSON")
    canvas.way("M746,582 V618")
    canvas.box("plain", 872, 620, 132, 52, "exit code", "0, or 1 to 9")
    canvas.way("M780,582 V601 H938 V618")
    return canvas.text()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    text = draw()
    if OUTPUT.exists() and OUTPUT.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print("docs/aced-etl.svg is not what tools/picture/draw.py draws: run it", file=sys.stderr)
        return 1
    OUTPUT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
