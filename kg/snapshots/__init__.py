"""Published graphs: snapshots, what is read once of each, and their differences."""
