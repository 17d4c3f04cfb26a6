"""From annotated documents to a graph that answers questions.

Hands on assertions with their evidence (``kg/assertion.py``), and the stores, snapshots and files
that hold them.
"""
