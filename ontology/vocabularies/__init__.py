"""Vocabularies as their publishers give them, a reader a format, handed on as a stream of Terms.

``configuration`` says which files make a lexicon, and ``assembling`` reads and types them.
"""
