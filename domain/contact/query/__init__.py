"""The contact query language: `age > 18 AND group = "Testers"`. README.md says how to use it."""
