"""Relation extractors: one method a file."""
