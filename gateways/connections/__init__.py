"""Links that stay open: one holder for each, in the whole installation."""
