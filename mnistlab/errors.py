"""The errors of this library: one family, each kind for one part of the house.

Every message names the file or the argument, says what is wrong with it, and
says what to do next. Whoever wants to catch them all catches `MnistLabError`.
"""


class MnistLabError(Exception):
    """Base of every error that this library raises on purpose."""


class DataError(MnistLabError, ValueError):
    """Images, labels, recorded results or a data file are not what they should be."""


class ImageError(MnistLabError, ValueError):
    """A picture cannot be read as one digit."""


class ModelFileError(MnistLabError):
    """A model file cannot be written, or is not one that can be used safely."""


class DesignError(MnistLabError, ValueError):
    """A network was described in a way that cannot be built."""


class TrainingError(MnistLabError, ArithmeticError):
    """A training diverged: it led to weights that are NaN or infinite."""


class WorkersError(MnistLabError, RuntimeError):
    """The processes or machines that train were lost, or cannot be used for it."""


class StandInWarning(UserWarning):
    """The offline stand-in is used in place of MNIST."""
