"""What must hold of a batch and of a whole graph; hands on breaches."""
