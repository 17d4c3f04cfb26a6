"""Recognizers, from Documents to Mentions: ``lexicon.py`` by names, ``encoder.py`` by a tagger.

The other files are parts of the two, or (``transformer.py``) serve training.
"""
