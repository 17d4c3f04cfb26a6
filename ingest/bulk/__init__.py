"""PubMed's baseline and update files into the archive."""
