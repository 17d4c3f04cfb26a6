"""Where people meet the graph: command line, explorer, SPARQL endpoint, pipeline."""
