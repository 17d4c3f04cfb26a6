"""What must hold of a batch before it is written, and of a graph at any time.

Hands on Breaches, each one line for people.
"""
