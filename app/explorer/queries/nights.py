"""The nights and how things stand, for the status page."""

from app.nights.status import NightStatus, read_status
from app.settings import load_settings


def night_status() -> NightStatus:
    """Read how things stand now; it changes while a night is at work, so it is never kept."""
    return read_status(load_settings())
