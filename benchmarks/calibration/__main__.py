"""Fits how sure a heal is to recorded outcomes, on the packages that strategies were tuned on."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.calibration.fit import fit
from benchmarks.calibration.outcomes import RECORD, outcomes, read_outcomes, show, write_outcomes
from benchmarks.calibration.prior import BIAS, WEIGHTS
from benchmarks.columns import aligned
from benchmarks.heal.cases import Case
from maestro_healing.domain import shipped_weights
from maestro_healing.domain.calibration import Calibration
from maestro_healing.domain.model import EvidenceKind

_HEAD = '''"""Made from recorded outcomes by `python -m benchmarks.calibration --write`; never edited."""

from collections.abc import Mapping

from maestro_healing.domain.model import EvidenceKind as K

'''


def main() -> int:
    """Prints the fit and the table; writes what it is asked to."""
    options = _options()
    if options.collect:
        cases = json.loads(options.collect.read_text())["cases"]
        write_outcomes(RECORD, outcomes(Case(**case) for case in cases))
    found = read_outcomes()
    fitted = fit([one for one in found if one.is_tuned])
    if options.write:
        Path(shipped_weights.__file__).write_text("".join(_written(fitted)))
    print("\n".join(_table(fitted)))
    print()
    confidence = Calibration(fitted, BIAS).confidence
    print("\n".join(show(found, lambda one: confidence([EvidenceKind(kind) for kind in one.grounds]))))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    add = parser.add_argument
    add("--collect", type=Path, metavar="JSON", help="record the outcomes that `benchmarks.heal` kept")
    add("--write", action="store_true", help="ship the fitted weights")
    return parser.parse_args()


def _table(fitted: Mapping[EvidenceKind, float]) -> Iterator[str]:
    lines = [("evidence", "guess", "fitted"), ("(bias)", f"{BIAS:.3f}", f"{BIAS:.3f}")]
    lines += [(k, f"{WEIGHTS.get(k, 0.0):.3f}", f"{w:.3f}") for k, w in fitted.items()]
    yield from aligned(lines)


def _written(fitted: Mapping[EvidenceKind, float]) -> Iterator[str]:
    yield _HEAD
    yield "# Log-odds that each kind of evidence adds, once per edit.\n"
    yield "WEIGHTS: Mapping[K, float] = {\n"
    yield from (f"    K.{kind.name}: {weight},\n" for kind, weight in fitted.items())
    yield f"}}\nBIAS = {BIAS}\n"


if __name__ == "__main__":
    sys.exit(main())
