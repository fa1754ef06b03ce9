"""Where an organization's language model is reached."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """An OpenAI-compatible service: `url` is its base (`https://host/v1`)."""

    url: str
    model: str
    api_key: str = field(default="", repr=False)


class LanguageModels(Protocol):
    def endpoint(self, org: str, llm: str) -> ModelEndpoint | None:
        """The endpoint of one of the organization's models, by its uuid; None if none is set up."""
