"""The fronts that speak HTTP."""
