"""What of other people's work runs in the instrument and in the clinic's service, as CycloneDX 1.6 in JSON.

    .venv-audit/bin/python -m tools.sbom --into build

cyclonedx-py describes what is installed in .venv; of that only what a program needs is kept, and how it
hangs together. What a Raspberry Pi takes from apt instead, and is not installed here, is named with the pin of
constraints.txt or without a version. Debian's own packages are not listed: mosquitto, Pango and libcamera among them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent.parent
ROOT = "root-component"
_SPECIFICATION = "1.6"


@dataclass(frozen=True)
class Program:
    """One of the two programs: what is installed for it, and on what machine it runs."""

    name: str
    extra: str
    machine: str


PROGRAMS = (Program("device", "device", "aarch64"), Program("collector", "collector", "x86_64"))


@dataclass
class Needs:
    """What a program needs: for each package, by its normalised name, those that it needs in turn.

    ``absent`` are the names of those that are not installed here.
    """

    of: dict[str, list[str]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)


def needs(program: Program, project: Path, site_packages: Path) -> Needs:
    """Follow a program's dependencies through what is installed.

    Parameters
    ----------
    program
        Which.
    project
        The ``pyproject.toml``.
    site_packages
        Where packages are installed.
    """
    table = tomllib.loads(project.read_text())["project"]
    installed = {canonicalize_name(one.metadata["Name"]): one for one in distributions(path=[str(site_packages)])}
    found = Needs()
    first = [*table["dependencies"], *table["optional-dependencies"][program.extra]]
    to_follow = [(ROOT, _wanted(first, "", program))]
    while to_follow:
        name, wanted = to_follow.pop()
        found.of[name] = sorted({canonicalize_name(one.name) for one in wanted})
        for one in wanted:
            needed = canonicalize_name(one.name)
            if needed not in installed:
                found.absent.add(needed)
                found.of.setdefault(needed, [])
            elif needed not in found.of:
                found.of[needed] = []
                to_follow.append((needed, _wanted_by(installed[needed], one.extras, program)))
    return found


def _wanted_by(distribution: Distribution, extras: Iterable[str], program: Program) -> list[Requirement]:
    texts = distribution.requires or []
    return [one for extra in ("", *extras) for one in _wanted(texts, extra, program)]


def _wanted(texts: Iterable[str], extra: str, program: Program) -> list[Requirement]:
    where: Mapping[str, str] = {**default_environment(), "platform_machine": program.machine, "extra": extra}  # type: ignore[dict-item]
    requirements = [Requirement(text) for text in texts]
    return [one for one in requirements if one.marker is None or one.marker.evaluate(dict(where))]


def reduced(described: dict[str, Any], program: Program, needed: Needs, pins: Mapping[str, str]) -> dict[str, Any]:
    """Return what describes a program alone.

    Parameters
    ----------
    described
        The whole environment, of ``cyclonedx-py environment``.
    program, needed
        Whose, and what it needs.
    pins
        Versions by normalised name, for what is not installed here.
    """
    names = set(needed.of) - {ROOT}
    components: dict[str, Any] = {canonicalize_name(one["name"]): one for one in described["components"]}
    kept = [components.get(name) or _named_only(name, pins.get(name)) for name in sorted(names)]
    references = {canonicalize_name(one["name"]): one["bom-ref"] for one in kept} | {ROOT: ROOT}
    described["metadata"]["component"]["name"] = f"trichoscope-{program.name}"
    return {
        **described,
        "components": kept,
        "dependencies": [
            {"ref": references[name], "dependsOn": [references[one] for one in needed.of[name]]}
            for name in sorted(needed.of)
        ],
    }


def _named_only(name: str, version: str | None) -> dict[str, Any]:
    reference = f"{name}=={version}" if version else name
    known = {"version": version, "purl": f"pkg:pypi/{name}@{version}"} if version else {"purl": f"pkg:pypi/{name}"}
    apart = {"name": "trichoscope:installed", "value": "on the instrument, from its system's packages"}
    return {"type": "library", "name": name, "bom-ref": reference, **known, "properties": [apart]}


def described_environment(tool: Path, environment: Path) -> dict[str, Any]:
    """Let cyclonedx-py describe an environment; what it says is checked once it is reduced."""
    command = [str(tool), "environment", "--pyproject", str(HERE / "pyproject.toml"), "--output-reproducible"]
    command += ["--sv", _SPECIFICATION, "--no-validate", "--of", "JSON", "-o", "-", str(environment / "bin" / "python")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"sbom: cyclonedx-py could not describe {environment}: {made.stderr.strip()[-500:]}")
    described: dict[str, Any] = json.loads(made.stdout)
    return described


def pinned(constraints: Path) -> dict[str, str]:
    """Return the versions of a constraints file by normalised name."""
    lines = (line.split("#")[0].strip() for line in constraints.read_text().splitlines())
    pairs = (line.partition("==") for line in lines if line)
    return {canonicalize_name(name): version for name, _, version in pairs}


def site_packages_of(environment: Path) -> Path:
    """Return where a virtual environment keeps its packages."""
    return next((environment / "lib").glob("python3.*/site-packages"))


def main(arguments: list[str]) -> None:
    """Write one file for each program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, required=True, help="the folder that the files are written to")
    into: Path = parser.parse_args(arguments).into
    environment, tool = HERE / ".venv", Path(sys.executable).with_name("cyclonedx-py")
    into.mkdir(parents=True, exist_ok=True)
    text = json.dumps(described_environment(tool, environment))
    for program in PROGRAMS:
        needed = needs(program, HERE / "pyproject.toml", site_packages_of(environment))
        document = reduced(json.loads(text), program, needed, pinned(HERE / "constraints.txt"))
        content = json.dumps(document, indent=1) + "\n"
        _refuse_invalid(content)
        path = into / f"sbom-{program.name}.cdx.json"
        path.write_text(content)
        absent = f"; not installed here: {', '.join(sorted(needed.absent))}" if needed.absent else ""
        print(f"wrote {path}: {len(document['components'])} packages{absent}")  # noqa: T201


def _refuse_invalid(content: str) -> None:
    # by name, as they are in .venv-audit alone
    version = import_module("cyclonedx.schema").SchemaVersion.from_version(_SPECIFICATION)
    validator = import_module("cyclonedx.validation.json").JsonStrictValidator(version)
    if (fault := validator.validate_str(content)) is not None:
        raise SystemExit(f"sbom: what was made is no CycloneDX {_SPECIFICATION}: {fault}")


if __name__ == "__main__":
    main(sys.argv[1:])
