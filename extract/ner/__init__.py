"""Recognizers: one method a file."""
