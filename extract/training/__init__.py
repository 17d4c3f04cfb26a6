"""From annotated corpora to model folders: a TrainingOrder names recipe, corpus and folder.

A tagger or ATLOP takes a course (``course.py``) of stages (``engine.py``); the floor and the trees
are fitted at once. Nothing here but ``floor.py`` and ``recipe.py`` is imported by what ships.
"""
