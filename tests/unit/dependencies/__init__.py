"""The recipe of the dependencies layer."""
