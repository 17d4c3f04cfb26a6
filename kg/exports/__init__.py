"""The graph as files for other tools, one format a file; ``kg/export.py`` chooses."""
