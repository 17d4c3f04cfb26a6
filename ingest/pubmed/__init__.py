"""NLM's E-utilities: requests, pace, responses."""
