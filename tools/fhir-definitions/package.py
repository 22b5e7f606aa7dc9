"""The npm packages that the definitions come from: fetched once, verified, read without unpacking."""

import hashlib
import json
import pathlib
import subprocess
import tarfile

NAME = "hl7.fhir.r5.core"
EXPANSIONS = "hl7.fhir.r5.expansions"
VERSION = "5.0.0"
SHA512 = {
    NAME: "d13bc907528ab68927fcfda647072a118f2ff1137c204fe9423bed96c3da25d6"
    "1a0df631e14061b98e1a7c019e4235b4d69f523583e987100516412c4ba3f4e4",
    EXPANSIONS: "ad5ba191bcc97b095f18dba409311e467a4ba679e0ff3f3f56a87632a151ece9"
    "d3e23ab98316f665dcf82d6a0a1ae88b234fc3d3e171369ceec768b2284ff24e",
}
KINDS = ("StructureDefinition", "ValueSet", "CodeSystem", "NamingSystem")


def fetch(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Return the archive of the package `name` in `folder`. npm fetches it when it is not there yet."""
    archive = folder / f"{name}-{VERSION}.tgz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--loglevel=error", f"{name}@{VERSION}", "--pack-destination", str(folder)]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as failure:
            raise SystemExit(
                f"error: npm did not fetch {name} {VERSION}: {failure}; put the archive into {folder}"
            ) from None
    return archive


def read(archive: pathlib.Path, name: str) -> dict[str, list[dict]]:
    """Kind -> its resources, ordered by id. An archive that is not the package `name` is refused."""
    if hashlib.sha512(archive.read_bytes()).hexdigest() != SHA512[name]:
        raise SystemExit(f"error: {archive} is not {name} {VERSION}: its SHA-512 differs")
    resources: dict[str, list[dict]] = {kind: [] for kind in KINDS}
    with tarfile.open(archive) as tar:
        for member in tar:
            folder, _, file = member.name.rpartition("/")
            kind = file.split("-", 1)[0]
            if folder == "package" and kind in resources and file.endswith(".json"):
                resource = json.load(tar.extractfile(member))
                if resource["resourceType"] == kind:
                    resources[kind].append(resource)
    for found in resources.values():
        found.sort(key=lambda resource: resource["id"])
    return resources
