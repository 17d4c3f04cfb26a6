"""The SQLite archive of records: versions, changes, slices, runs."""
