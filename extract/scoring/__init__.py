"""How good predictions are: the shared task's scores, intervals, comparisons."""
