"""A contact query: parsed once, asked of any number of contacts."""

from functools import cached_property
from typing import TypeVar

from domain.contact.query.contact_values import QueriedContact, contact_reader
from domain.contact.query.inspection import Inspection, inspect_tree
from domain.contact.query.match import Matcher, ReaderOf, compile_node
from domain.contact.query.parser import parse_tree
from domain.contact.query.resolver import QueryResolver
from domain.contact.query.syntax_tree import Condition, Node
from domain.environment.environment import Environment

Contact = TypeVar("Contact")


class Query:
    """A query that makes sense for an organization. `str(query)` is its canonical text.

    `tree` is simplified; None is the empty query, which every contact matches (only code can build it).
    """

    def __init__(self, tree: Node | None, resolver: QueryResolver | None = None) -> None:
        self.tree = None if tree is None else tree.simplified()
        self._resolver = resolver
        self._compiled: tuple[Environment, Matcher[QueriedContact]] | None = None

    def __str__(self) -> str:
        return "" if self.tree is None else str(self.tree)

    def __repr__(self) -> str:
        return f"Query({str(self)!r})"

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition, in the order of the text."""
        return () if self.tree is None else tuple(self.tree.conditions())

    @cached_property
    def reads(self) -> frozenset[str]:
        """What of a contact the answer depends on: attributes, `urn` for addresses of any scheme, `fields.<key>`."""
        return frozenset("urn" if condition.reads_urns else condition.property_name for condition in self.conditions)

    @cached_property
    def inspection(self) -> Inspection:
        """What the query names and whether a group may have it."""
        return inspect_tree(self.tree, self._resolver)

    def matcher(self, environment: Environment, reader_of: ReaderOf[Contact]) -> Matcher[Contact]:
        """The query as a function of whatever `reader_of` can read. Dates are read in the environment given."""
        if self.tree is None:
            return lambda _: True
        return compile_node(self.tree, environment, reader_of)

    def evaluate(self, environment: Environment, contact: QueriedContact) -> bool:
        """Whether the contact matches. Compiled on first use and again when the environment changes."""
        compiled = self._compiled
        if compiled is None or (compiled[0] is not environment and compiled[0] != environment):
            compiled = self._compiled = (environment, self.matcher(environment, contact_reader))
        return compiled[1](contact)


def parse_query(text: str, environment: Environment, resolver: QueryResolver | None = None) -> Query:
    """Reads a query. Without a resolver fields, groups and flows are taken on trust. Raises QueryError."""
    return Query(parse_tree(text, environment, resolver), resolver)
