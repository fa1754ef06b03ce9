"""Channel types as data: the form of a description, and what turns one into a working type."""
