"""The mathematics of the course by hand: short functions in NumPy only, beside their formulas."""
