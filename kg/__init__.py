"""From AnnotatedDocuments to a graph: assertions, evidence, RDF, stores."""
