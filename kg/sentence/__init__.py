"""What a sentence says around its pair of mentions.

Hands on Cues (``cues.py``): direction, denial and doubt; and quotations and kinds of study.
"""
