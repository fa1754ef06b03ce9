"""References from a definition to an organization's things: an identity, and the name it had when the flow was written.

Groups and labels may be *variable*: instead of a uuid they carry a template for the name (`name_match`), and users one for
the e-mail address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.flow.definition.checks import IS_UUID
from domain.flow.definition.shapes import number, string


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of the organization that a flow depends on. `kind` is the word that dependencies are listed under."""

    kind: ClassVar[str] = ""

    @property
    def identity(self) -> str:
        """The uuid, or the key of a thing that is known by its key."""
        raise NotImplementedError

    @property
    def is_variable(self) -> bool:
        """Whether what is referred to is only known when the flow runs."""
        return False


@dataclass(frozen=True, slots=True)
class UUIDReference(Reference):
    """A reference by uuid."""

    uuid: str = string(required=True, check=IS_UUID)
    name: str = string(max_chars=64)

    @property
    def identity(self) -> str:
        return self.uuid


@dataclass(frozen=True, slots=True)
class ChannelReference(UUIDReference):
    kind: ClassVar[str] = "channel"


@dataclass(frozen=True, slots=True)
class TopicReference(UUIDReference):
    kind: ClassVar[str] = "topic"


@dataclass(frozen=True, slots=True)
class LLMReference(UUIDReference):
    kind: ClassVar[str] = "llm"


@dataclass(frozen=True, slots=True)
class TemplateReference(Reference):
    """A message template that a channel has had approved."""

    kind: ClassVar[str] = "template"

    uuid: str = string(required=True, check=IS_UUID)
    name: str = string(max_chars=512)

    @property
    def identity(self) -> str:
        return self.uuid


@dataclass(frozen=True, slots=True)
class ContactReference(Reference):
    """A contact by uuid."""

    kind: ClassVar[str] = "contact"

    uuid: str = string(required=True, check=IS_UUID)
    name: str = string(max_chars=128)

    @property
    def identity(self) -> str:
        return self.uuid


@dataclass(frozen=True, slots=True)
class FlowReference(UUIDReference):
    """A flow, and optionally the revision of it that was meant."""

    kind: ClassVar[str] = "flow"

    revision: int = number(if_missing=0)


@dataclass(frozen=True, slots=True)
class NamedReference(Reference):
    """A reference by uuid, or by a template for the name."""

    uuid: str = string(omit_empty=True, check=IS_UUID)
    name: str = string(omit_empty=True, max_chars=64)
    name_match: str = string(omit_empty=True, template=True)

    @property
    def identity(self) -> str:
        return self.uuid

    @property
    def is_variable(self) -> bool:
        return not self.uuid


@dataclass(frozen=True, slots=True)
class GroupReference(NamedReference):
    kind: ClassVar[str] = "group"


@dataclass(frozen=True, slots=True)
class LabelReference(NamedReference):
    kind: ClassVar[str] = "label"


@dataclass(frozen=True, slots=True)
class UserReference(Reference):
    """A user by uuid, or by a template for the e-mail address."""

    kind: ClassVar[str] = "user"

    uuid: str = string(omit_empty=True, check=IS_UUID)
    name: str = string(omit_empty=True, max_chars=64)
    email: str = string(omit_empty=True, template=True)

    @property
    def identity(self) -> str:
        return self.uuid

    @property
    def is_variable(self) -> bool:
        return not self.uuid


@dataclass(frozen=True, slots=True)
class KeyReference(Reference):
    """A reference by key."""

    key: str = string(required=True)
    name: str = string()

    @property
    def identity(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class FieldReference(KeyReference):
    kind: ClassVar[str] = "field"


@dataclass(frozen=True, slots=True)
class GlobalReference(KeyReference):
    kind: ClassVar[str] = "global"
