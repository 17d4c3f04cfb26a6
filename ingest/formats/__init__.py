"""From the bytes of a file to Records: Documents, Deletions, and what was Rejected.

One module a format (PubMed XML, MEDLINE text, GutBrainIE JSON); ``sources`` chooses the reader.
"""
