"""Queries of strangers, run in processes that are killed at a limit; hands on answers."""
