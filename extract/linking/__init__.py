"""Linkers: from Mentions to the Concepts that they name."""
