"""Accounts with providers of airtime: {uuid, id, type, url, key, secret, created_on}."""

from pathlib import Path

from projections.documents import put, tables_of_documents

PROJECTION = tables_of_documents(
    "airtime_accounts", Path(__file__).parent, {"airtime_account_set": put("airtime_account")}
)
