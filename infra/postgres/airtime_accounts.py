"""Accounts with airtime providers, from the read model."""

from collections.abc import Callable
from typing import Any

from domain.ports.airtime import AirtimeAccount, AirtimeAccounts
from infra.postgres.one_row import row_or_none

_FIND = "select doc from airtime_accounts.airtime_accounts where org = %s and not removed"


class PostgresAirtimeAccounts(AirtimeAccounts):
    """`connect` opens a connection to the read models."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def account(self, org: str) -> AirtimeAccount | None:
        """See the port. While the database is away no account is known: the flow goes on as when a transfer fails."""
        row = row_or_none(self._connect, _FIND, (org,))
        return AirtimeAccount(row[0]["url"], row[0]["key"], row[0]["secret"]) if row else None
