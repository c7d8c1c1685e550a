"""The list of other people's work is whole, and holds nothing that is not shipped."""

import json
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.sbom import HERE, PROGRAMS, ROOT, Program, described_environment, needs, pinned, reduced, site_packages_of

PROJECT = HERE / "pyproject.toml"
SITE_PACKAGES = Path(pytest.__file__).parent.parent


def described() -> dict[str, Any]:
    """Return the least that cyclonedx-py says of this environment."""
    components = [
        {"name": one.metadata["Name"], "version": one.version, "bom-ref": f"{one.metadata['Name']}=={one.version}"}
        for one in distributions(path=[str(SITE_PACKAGES)])
    ]
    return {"metadata": {"component": {"name": "trichoscope"}}, "components": components, "dependencies": []}


def made(program: Program) -> dict[str, Any]:
    """Return a program's list, as made from that."""
    needed = needs(program, PROJECT, SITE_PACKAGES)
    return reduced(described(), program, needed, pinned(HERE / "constraints.txt"))


def names(document: dict[str, Any]) -> set[str]:
    """Return the normalised names of a list's packages."""
    return {canonicalize_name(one["name"]) for one in document["components"]}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_dependency_of_the_project_is_named(program: Program) -> None:
    """Breaks when a package that a program needs is missing from its list, or has no version though it is pinned."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"][program.extra]]
    document = made(program)
    assert {canonicalize_name(Requirement(one).name) for one in declared} <= names(document)
    pins = pinned(HERE / "constraints.txt")
    without_version = {canonicalize_name(one["name"]) for one in document["components"] if "version" not in one}
    assert not without_version & set(pins)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_what_they_need_in_turn_is_named_and_nothing_else(program: Program) -> None:
    """Breaks when the list ends at the first level, or takes the tools of development in."""
    found = names(made(program))
    assert {"pydantic-core", "certifi", "cffi", "typing-extensions"} <= found
    assert not {"pytest", "ruff", "mypy", "hypothesis", "playwright", "torch", "trichoscope"} & found


def test_each_program_has_what_only_it_needs() -> None:
    """Breaks when both lists are of one program."""
    device, collector = (names(made(program)) for program in PROGRAMS)
    assert {"gpiozero", "picamera2", "evdev"} <= device - collector
    assert {"weasyprint", "pydyf"} <= collector - device


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_what_needs_what_refers_to_what_is_listed(program: Program) -> None:
    """Breaks when the graph names packages by words that the list does not have."""
    document = made(program)
    references = {one["bom-ref"] for one in document["components"]} | {ROOT}
    assert {one["ref"] for one in document["dependencies"]} == references
    assert {needed for one in document["dependencies"] for needed in one["dependsOn"]} == references - {ROOT}


def test_the_tools_own_words_become_a_list() -> None:
    """Breaks when cyclonedx-py describes an environment in other words than those that are read here."""
    tool = HERE / ".venv-audit" / "bin" / "cyclonedx-py"
    if not tool.exists():
        pytest.skip("cyclonedx-py is not installed here: make sbom")
    program = PROGRAMS[1]
    environment = HERE / ".venv"
    needed = needs(program, PROJECT, site_packages_of(environment))
    document = reduced(described_environment(tool, environment), program, needed, {})
    assert document["bomFormat"] == "CycloneDX"
    assert len(document["components"]) == len(needed.of) - 1
    assert json.dumps(document).count('"licenses"') > 20
