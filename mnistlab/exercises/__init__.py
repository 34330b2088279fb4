"""The exercises of the notebooks, a module for each: check, hint, solution.

from mnistlab.exercises import convolution as exercises

exercises.output_size.check(26)
exercises.output_size.hint()
exercises.output_size.solution()
"""
