"""From PubMed records, in any of their formats, to Documents.

``document`` has the type that this room hands on. ``formats`` reads files, ``pubmed`` asks the
E-utilities, ``archive`` keeps the newest version of every record; ``harvest`` (a topic) and
``bulk`` (baseline and update files) bring PubMed into the archive.
"""
