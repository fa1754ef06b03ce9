"""Where language models are asked, from the read model. A call to one takes seconds, so it may be looked up for each."""

from collections.abc import Callable
from typing import Any

import psycopg2

from domain.ports.language_models import LanguageModels, ModelEndpoint

_FIND = "select doc from llms.llms where org = %s and uuid::text = %s and not removed"


class PostgresLanguageModels(LanguageModels):
    """`connect` opens a connection to the read models."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def endpoint(self, org: str, llm: str) -> ModelEndpoint | None:
        """See the port. While the database is away no model is known: the flow goes on as when a call fails."""
        try:
            connection = self._connect()
        except psycopg2.Error:
            return None
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FIND, (org, llm))
                row = cursor.fetchone()
        except psycopg2.Error:
            return None
        finally:
            connection.close()
        return ModelEndpoint(row[0]["url"], row[0]["model"], row[0].get("api_key") or "") if row else None
