"""tflearn's names on Keras 3."""
