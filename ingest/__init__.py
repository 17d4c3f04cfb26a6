"""From PubMed records, in any of their formats, to Documents."""
