"""Addresses of contacts: URNs and telephone numbers. README.md lists what is here."""
