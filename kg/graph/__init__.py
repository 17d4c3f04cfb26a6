"""Our types as RDF: written by ``rdf.py``, read back by ``reading_back.py``.

The questions that can be asked of a graph are in ``queries``, offered by ``catalogue.py``.
"""
