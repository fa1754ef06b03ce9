"""What becomes of every exchange with an aggregator: counted, and kept in the channel log, as text without secrets."""
