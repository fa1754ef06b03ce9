"""The error tree. Every error says in one sentence what was wrong; the class's docstring is the sentence unless one is given.

EvenkeelError
├── Invalid          the caller's input is wrong: names the field and what was expected
│   └── DefinitionError    a flow definition that can't be read
├── NotFound         what was asked for does not exist (or belongs to somebody else)
├── NotAllowed       the caller may not do this
├── Conflict         somebody else was first: a name, URN or position is taken
├── Fenced           this owner of a partition was replaced and must stop
├── Unavailable      something outside (log, database, network) can't be reached now; trying again later may help
└── UnknownEvent     the log holds an event newer than this program: upgrade before reading on
"""


class EvenkeelError(Exception):
    """Something went wrong."""

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or (self.__doc__ or "").strip()
        super().__init__(self.sentence)


class Invalid(EvenkeelError):
    """The input is not valid."""

    def __init__(self, sentence: str | None = None, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class DefinitionError(Invalid):
    """The flow definition can't be read."""


class NotFound(EvenkeelError):
    """What was asked for does not exist."""


class NotAllowed(EvenkeelError):
    """You are not allowed to do this."""


class Conflict(EvenkeelError):
    """Somebody else was first."""

    def __init__(self, sentence: str | None = None, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class Fenced(EvenkeelError):
    """This owner of the partition was replaced, or what it worked on is no longer there."""


class Unavailable(EvenkeelError):
    """Something outside can't be reached at the moment."""


class UnknownEvent(EvenkeelError):
    """The log holds an event this program does not know; upgrade it before reading on."""
