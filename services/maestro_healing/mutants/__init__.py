"""What a job carries to try tests on mutants of the product.

All but this module runs in the interpreter of the project under test: nothing but the standard library and,
in `__main__`, pytest >= 6.1; Python >= 3.8.
"""

from __future__ import annotations

from importlib import resources

# By this name the job runs it.
PACKAGE = "maestro_mutants"
PLAN_VARIABLE = "MAESTRO_MUTANTS_PLAN"
FILE_VARIABLE = "MAESTRO_MUTANTS_FILE"
_MODULES = ("__init__", "__main__", "choice", "coverage", "forks", "mutator", "swap", "trials")


def files() -> dict[str, bytes]:
    """Its modules by their paths, to be laid in one folder of the job's PYTHONPATH."""
    folder = resources.files(__package__)
    return {f"{PACKAGE}/{module}.py": folder.joinpath(f"{module}.py").read_bytes() for module in _MODULES}
