"""The graph's terms: concepts, articles, evidence and assertions to and from RDF."""
