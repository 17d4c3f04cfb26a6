"""What ``gutbrain serve`` answers to programs: RDF4J's protocol over the embedded graph."""
