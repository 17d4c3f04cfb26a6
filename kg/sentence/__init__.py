"""What a sentence says around a pair: denial, doubt, direction, kind of study."""
