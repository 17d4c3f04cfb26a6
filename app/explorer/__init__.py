"""Pages for people, made with Streamlit.

``views`` has them, one a file. Lists come from the read model of a graph, sentences from its store
(``citations``); ``markup`` makes HTML in which no text of a paper can become markup, ``downloads``
files.
"""
