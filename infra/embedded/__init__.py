"""Servers that an installation runs for itself when it is given none: Postgres, Redis and (on wish) Apache Kafka."""
