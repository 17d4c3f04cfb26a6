"""From the text of a mention to a concept."""
