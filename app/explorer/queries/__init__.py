"""What the views show, read from the graph into types of their own."""
