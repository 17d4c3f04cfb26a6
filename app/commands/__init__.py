"""The commands, a file a group; app/cli.py puts them together."""
