"""Published graphs: snapshots, the read model that comes with each, and their differences."""
