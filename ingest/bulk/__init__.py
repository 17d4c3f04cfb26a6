"""PubMed's baseline and update files into the archive; hands on a SliceOutcome for each file.

``places`` finds the files in a folder or on a mirror, ``files`` takes them in.
"""
