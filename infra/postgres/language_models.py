"""Where language models are asked, from the read model. A call to one takes seconds, so it may be looked up for each."""

from collections.abc import Callable
from typing import Any

from domain.ports.language_models import LanguageModels, ModelEndpoint
from infra.postgres.one_row import row_or_none

_FIND = "select doc from llms.llms where org = %s and uuid::text = %s and not removed"


class PostgresLanguageModels(LanguageModels):
    """`connect` opens a connection to the read models."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def endpoint(self, org: str, llm: str) -> ModelEndpoint | None:
        """See the port. While the database is away no model is known: the flow goes on as when a call fails."""
        row = row_or_none(self._connect, _FIND, (org, llm))
        return ModelEndpoint(row[0]["url"], row[0]["model"], row[0].get("api_key") or "") if row else None
