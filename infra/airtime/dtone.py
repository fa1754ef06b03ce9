"""Airtime by DT One, over its Digital Value Services API.

    POST /lookup/mobile-number          the operators that a number may belong to, the one it does marked as identified
    GET  /products?operator_id=…        what can be bought for numbers of an operator
    POST /sync/transactions             buys; answers when the operator has, or after a while with a status that isn't final
    GET  /transactions?external_id=…    what became of a purchase

The transfer's own uuid is the purchase's external id, of which there can be one only: a transfer asked for again, because the
process was killed or the connection broke, finds the purchase that was made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from domain.ports.airtime import AirtimeAccounts, Transfer
from domain.ports.http_caller import HttpCaller
from infra.airtime.exchange import Exchange, Sleep
from infra.airtime.products import NothingSuitable, Product, chosen, read_product

URL = "https://dvs-api.dtone.com/v1"

LOOKUP_SECONDS = 20.0
PURCHASE_SECONDS = 120.0
MAX_PAGES = 10
EXTERNAL_ID_USED = 1007001
MADE = ("CONFIRMED", "SUBMITTED", "COMPLETED")
"""Classes of status that say that the purchase stands: an operator that is slow has still taken it."""


class _Failed(Exception):
    """The transfer can't be made; the sentence says why."""


class DTOneTransfers:
    """`accounts` says with which keys an organization buys."""

    def __init__(self, http: HttpCaller, accounts: AirtimeAccounts, sleep: Sleep = asyncio.sleep) -> None:
        self._http = http
        self._accounts = accounts
        self._sleep = sleep

    async def transfer(self, transfer: Transfer) -> Mapping[str, Any]:
        """See the port. What is given is never more than what was asked for in the currency of the number."""
        account = await asyncio.to_thread(self._accounts.account, transfer.org)
        if account is None:
            return {"error": "No airtime account is set up for this workspace."}
        exchange = Exchange(self._http, account, self._sleep)
        try:
            made = await _transfer(exchange, transfer)
        except (_Failed, NothingSuitable) as failed:
            return {"error": str(failed), "http_logs": exchange.logs}
        return {**made, "http_logs": exchange.logs}


async def _transfer(exchange: Exchange, transfer: Transfer) -> dict[str, Any]:
    number = transfer.recipient.partition(":")[2]
    products = await _products(exchange, await _operator(exchange, number))
    product, amount = chosen(products, transfer.amounts)
    transaction = await _purchase(exchange, transfer.uuid, number, product, amount)
    status = transaction.get("status") or {}
    if _class_of(status) not in MADE:
        raise _Failed(f"transfer of {amount} {product.currency} ended with status {status.get('message') or 'unknown'}")
    bought = (transaction.get("product") or {}).get("id")
    product = next((each for each in products if each.id == bought), product)  # an earlier attempt chose for itself
    given = product.most if product.is_fixed else amount
    return {"external_id": str(transaction["id"]), "currency": product.currency, "amount": f"{given:f}"}


def _class_of(status: Mapping[str, Any]) -> str:
    named = (status.get("class") or {}).get("message")
    return str(named or status.get("message") or "").partition("-")[0].upper()


async def _operator(exchange: Exchange, number: str) -> int:
    reply, found = await exchange.call(
        "POST", "/lookup/mobile-number", {"mobile_number": number}, seconds=LOOKUP_SECONDS
    )
    if reply.status != 404 and not isinstance(found, list):
        raise _Failed(_told("looking up the operator of the number", reply.status, reply.error, found))
    operators = [each for each in found if isinstance(each, dict) and "id" in each] if isinstance(found, list) else []
    if not operators:
        raise _Failed("no operator is known for the number")
    identified = next((each for each in operators if each.get("identified")), operators[0])
    return int(identified["id"])


async def _products(exchange: Exchange, operator: int) -> list[Product]:
    products: list[Product] = []
    for page in range(1, MAX_PAGES + 1):
        path = f"/products?operator_id={operator}&per_page=100&page={page}"
        reply, found = await exchange.call("GET", path, seconds=LOOKUP_SECONDS)
        if reply.status == 404:
            break
        if not isinstance(found, list):
            raise _Failed(_told("listing what can be bought", reply.status, reply.error, found))
        read = (read_product(each) for each in found if isinstance(each, dict))
        products.extend(product for product in read if product is not None)
        if not _header(reply.headers, "x-next-page"):
            break
    return products


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


async def _purchase(exchange: Exchange, uuid: str, number: str, product: Product, amount: Decimal) -> dict[str, Any]:
    """The transaction that was made, now or by an earlier attempt."""
    wanted: dict[str, Any] = {
        "external_id": uuid,
        "product_id": product.id,
        "auto_confirm": True,
        "credit_party_identifier": {"mobile_number": number},
    }
    if not product.is_fixed:
        wanted["calculation_mode"] = "DESTINATION_AMOUNT"
        wanted["destination"] = {"unit_type": "CURRENCY", "unit": product.currency, "amount": float(amount)}
    reply, found = await exchange.call("POST", "/sync/transactions", wanted, seconds=PURCHASE_SECONDS)
    if isinstance(found, dict) and "id" in found:
        return found
    if not reply.status or reply.status >= 500 or EXTERNAL_ID_USED in _codes(found):
        earlier = await _earlier(exchange, uuid)
        if earlier is not None:
            return earlier
    raise _Failed(_told("buying airtime", reply.status, reply.error, found))


async def _earlier(exchange: Exchange, uuid: str) -> dict[str, Any] | None:
    """The transaction of that external id: nobody may know of it but the provider."""
    _, found = await exchange.call("GET", f"/transactions?external_id={quote(uuid)}", seconds=LOOKUP_SECONDS)
    matching = (each for each in found if isinstance(each, dict) and each.get("external_id") == uuid and "id" in each)
    return next(matching, None) if isinstance(found, list) else None


def _codes(found: Any) -> list[Any]:
    errors = found.get("errors") if isinstance(found, dict) else None
    return [each.get("code") for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []


def _told(doing: str, status: int, error: str, found: Any) -> str:
    """A sentence about a call that failed."""
    errors = found.get("errors") if isinstance(found, dict) else None
    told = [str(each.get("message")) for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    if not status:
        return f"{doing} failed: {error or 'no answer'}"
    return f"{doing} failed: the provider answered {status}" + (f" ({'; '.join(told)})" if told else "")
