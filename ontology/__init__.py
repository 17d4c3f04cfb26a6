"""What can be named and what can be said: types, predicates, concepts, identifiers."""
