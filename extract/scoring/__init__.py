"""How good predictions are: from two GutBrainIE files to an Evaluation (``evaluation.py``).

``items.py`` has what is compared, ``scores.py`` how: the shared task's scores, with intervals.
"""
