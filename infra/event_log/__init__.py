"""The event log's adapters: memory (tests, simulation), Postgres (one machine) and Kafka (many)."""
