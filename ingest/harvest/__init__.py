"""A topic of PubMed into the archive, complete and at PubMed's pace."""
