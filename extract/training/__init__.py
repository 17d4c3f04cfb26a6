"""Fitting methods from annotated corpora."""
