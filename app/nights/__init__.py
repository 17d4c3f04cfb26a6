"""A night's work: harvest, update, check, publish, report; and the clock that calls it."""
