"""The layers of a network, by module as tflearn has them."""
