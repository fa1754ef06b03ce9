"""Accounts with airtime providers, from the read model."""

from collections.abc import Callable
from typing import Any

import psycopg2

from domain.ports.airtime import AirtimeAccount, AirtimeAccounts

_FIND = "select doc from airtime_accounts.airtime_accounts where org = %s and not removed"


class PostgresAirtimeAccounts(AirtimeAccounts):
    """`connect` opens a connection to the read models."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def account(self, org: str) -> AirtimeAccount | None:
        """See the port. While the database is away no account is known: the flow goes on as when a transfer fails."""
        try:
            connection = self._connect()
        except psycopg2.Error:
            return None
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FIND, (org,))
                row = cursor.fetchone()
        except psycopg2.Error:
            return None
        finally:
            connection.close()
        return AirtimeAccount(row[0]["url"], row[0]["key"], row[0]["secret"]) if row else None
