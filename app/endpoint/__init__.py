"""What programs read over HTTP: SPARQL, the paths of RDF4J, descriptions; hands on responses."""
