"""Relation extractors, from Mentions to Relations: ``counts``, ``boosted`` trees, ``atlop``."""
