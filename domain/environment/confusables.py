"""Characters that look like others."""

CONFUSABLES: dict[int, str] = {}
