"""Data sets by tflearn's names; `mnist` is here, on top of this library's own loader."""

from mnistlab.tflearn.datasets import mnist as mnist
