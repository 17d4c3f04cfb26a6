"""What can be named and what can be said, handed on as a Lexicon of Concepts.

``schema`` has the types and predicates of GutBrainIE, ``namespaces`` the identifiers, ``concept``
one thing with its names, ``lexicon`` all of them. ``gutbrain.ttl`` and ``shapes.ttl`` say the same
in OWL and SHACL.
"""
