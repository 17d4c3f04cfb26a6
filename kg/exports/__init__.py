"""The graph as files for other tools, a module a format; ``formats.py`` chooses among them."""
