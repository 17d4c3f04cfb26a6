"""The graph as files for other tools, one format a file; ``kg/exports/formats.py`` chooses."""
