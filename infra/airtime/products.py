"""What a provider of airtime sells for a number, and which of it comes closest to what a flow wants to give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

AIRTIME = "airtime"
RECHARGES = frozenset({"FIXED_VALUE_RECHARGE", "RANGED_VALUE_RECHARGE"})
_NOT_KNOWN = (
    "required_sender_fields",
    "required_beneficiary_fields",
    "required_debit_party_identifier_fields",
    "required_statement_identifier_fields",
    "required_additional_identifier_fields",
)
"""What a product may ask for beside the number, and a flow doesn't know."""


class Product(NamedTuple):
    """Something to buy. A product with a fixed amount has the same `least` and `most`."""

    id: int
    currency: str
    least: Decimal
    most: Decimal

    @property
    def is_fixed(self) -> bool:
        return self.least == self.most

    def given(self, wanted: Decimal) -> Decimal:
        """What would arrive of an amount that is at least the product's least."""
        return min(self.most, wanted)


class NothingSuitable(Exception):
    """No product gives what is wanted; the sentence says why."""


def read_product(document: Mapping[str, Any]) -> Product | None:
    """A product of the provider's catalogue; None if it isn't airtime in some currency, for a phone number alone."""
    if not _is_airtime(document) or not _needs_only_a_number(document):
        return None
    destination = document.get("destination") or {}
    amount = destination.get("amount")
    bounds = (amount.get("min"), amount.get("max")) if isinstance(amount, Mapping) else (amount, amount)
    try:
        least, most = (Decimal(str(bound)) for bound in bounds)
        return Product(int(document["id"]), str(destination["unit"]).upper(), least, most)
    except (InvalidOperation, KeyError, TypeError, ValueError):
        return None


def _is_airtime(document: Mapping[str, Any]) -> bool:
    """Whether it is credit: not data, bundles, or a code to be typed in."""
    subservice = ((document.get("service") or {}).get("subservice") or {}).get("name") or AIRTIME
    benefits = [benefit.get("type") for benefit in document.get("benefits") or () if isinstance(benefit, Mapping)]
    return (
        document.get("type", "FIXED_VALUE_RECHARGE") in RECHARGES
        and (document.get("destination") or {}).get("unit_type", "CURRENCY") == "CURRENCY"
        and subservice.lower() == AIRTIME
        and (not benefits or "CREDITS" in benefits)
    )


def _needs_only_a_number(document: Mapping[str, Any]) -> bool:
    needed = document.get("required_credit_party_identifier_fields") or [["mobile_number"]]
    return ["mobile_number"] in needed and not any(document.get(field) for field in _NOT_KNOWN)


def chosen(products: Iterable[Product], amounts: Mapping[str, str]) -> tuple[Product, Decimal]:
    """The product that gives most without giving more than is wanted in its currency, and what it gives.

    Raises:
        NothingSuitable: nothing is sold for the number, nothing in a currency that is wanted, or everything costs more.
    """
    offered = list(products)
    if not offered:
        raise NothingSuitable("no airtime is sold for the number")
    wanted = {currency.upper(): Decimal(amount) for currency, amount in amounts.items()}
    in_currency = [product for product in offered if product.currency in wanted]
    if not in_currency:
        raise NothingSuitable(f"no amount configured for transfers in {offered[0].currency}")
    affordable = [product for product in in_currency if 0 < product.least <= wanted[product.currency]]
    if not affordable:
        least = min(in_currency, key=lambda product: product.least)
        asked = wanted[least.currency]
        raise NothingSuitable(
            f"the amount of {asked} {least.currency} is less than the least that is sold, {least.least}"
        )
    best = max(affordable, key=lambda product: (product.given(wanted[product.currency]), product.is_fixed))
    return best, best.given(wanted[best.currency])
