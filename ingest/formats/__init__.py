"""From a file's bytes to documents, a format a file."""
