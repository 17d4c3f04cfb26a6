"""A harvest's report as names and values, for people and for ``--json``."""

from collections import Counter
from dataclasses import asdict

from ingest.harvest.harvest_report import HarvestReport


def report_values(report: HarvestReport) -> dict[str, object]:
    """Flatten a report; ``slices`` counts them by state."""
    states = Counter(piece.state.value for piece in report.slices)
    return {
        "as_of": str(report.as_of) if report.as_of else None,
        "complete": report.is_complete,
        "slices": dict(sorted(states.items())),
        "asked": report.asked,
        "got": report.got,
        "rejected": report.rejected,
        "missing": report.missing,
        "stored": asdict(report.stored),
        "requests": report.requests,
        "problems": list(report.problems),
        "warnings": list(report.warnings),
    }
