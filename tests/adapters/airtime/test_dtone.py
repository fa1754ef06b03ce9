"""Airtime by DT One: what is bought, what is told when nothing can be, and that one transfer is one purchase whatever breaks."""

import asyncio
from typing import Any

import pytest

from domain.ports.airtime import AirtimeAccount, Transfer
from infra.airtime.dtone import DTOneTransfers
from infra.http.caller import PooledCaller
from tests.fakes.dtone import RWANDAN, FakeDTOne, errors, product

ORG = "0192fc2e-0000-7000-8000-000000000001"
UUID = "01969b47-307b-76f8-b774-0a98171a0712"
PRODUCTS = (product(1, 100), product(2, 500), product(3, 1_000), product(4, 3.5, "USD"))


class Accounts:
    def __init__(self, url: str, secret: str) -> None:
        self._account = AirtimeAccount(url + "/v1/", "key123", secret)

    def account(self, org: str) -> AirtimeAccount | None:
        return self._account if org == ORG else None


def transferred(
    provider: FakeDTOne, amounts: dict[str, str], *, times: int = 1, **changes: Any
) -> list[dict[str, Any]]:
    """What came of a transfer, asked for so many times."""
    secret = changes.pop("secret", "sesame")
    wanted = {"org": ORG, "uuid": UUID, "sender": "", "recipient": f"tel:{RWANDAN}", **changes}
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def play() -> list[dict[str, Any]]:
        async with provider.server as server:
            http = PooledCaller(frozenset({"127.0.0.1"}))
            transfers = DTOneTransfers(http, Accounts(server.url, secret), pause)
            made = [dict(await transfers.transfer(Transfer(amounts=amounts, **wanted))) for _ in range(times)]
            await http.close()
        return made

    return asyncio.run(play())


def given(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["currency"], answer["amount"]


def test_the_product_of_that_amount_is_bought_for_the_number() -> None:
    provider = FakeDTOne(*PRODUCTS)
    [answer] = transferred(provider, {"RWF": "500", "USD": "2"})

    assert answer["external_id"] == "1001"
    assert given(answer) == ("RWF", "500")
    assert provider.purchases[UUID]["product"] == {"id": 2}


@pytest.mark.parametrize(
    ("products", "amounts", "expected"),
    [
        (PRODUCTS, {"RWF": "999"}, ("RWF", "500")),
        (PRODUCTS, {"RWF": "5000"}, ("RWF", "1000")),
        ((product(1, 3.5, "USD"),), {"RWF": "500", "USD": "4"}, ("USD", "3.5")),
        ((product(1, 100), product(2, (50, 800))), {"RWF": "750"}, ("RWF", "750")),
        ((product(1, 100), product(2, (50, 800))), {"RWF": "900"}, ("RWF", "800")),
        ((product(1, 500), product(2, (50, 800))), {"RWF": "500"}, ("RWF", "500")),
        ((product(1, 400, service={"subservice": {"name": "Data"}}), product(2, 100)), {"RWF": "500"}, ("RWF", "100")),
        ((product(1, 400, type="FIXED_VALUE_PIN_PURCHASE"), product(2, 100)), {"RWF": "500"}, ("RWF", "100")),
        ((product(1, 400, benefits=[{"type": "DATA"}]), product(2, 100)), {"RWF": "500"}, ("RWF", "100")),
        ((product(1, 400, required_sender_fields=[["last_name"]]), product(2, 100)), {"RWF": "500"}, ("RWF", "100")),
        ((product(1, "much"), product(2, 100)), {"RWF": "500"}, ("RWF", "100")),
    ],
    ids=["less", "the most there is", "the number's currency", "in a range", "above a range", "fixed before a range",
         "no data", "no codes", "no bundles", "no names of senders", "no nonsense"],
)  # fmt: skip
def test_as_much_as_possible_is_given_and_never_more(
    products: tuple[dict[str, Any], ...], amounts: dict[str, str], expected: tuple[str, str]
) -> None:
    [answer] = transferred(FakeDTOne(*products), amounts)
    assert given(answer) == expected


def test_of_a_range_the_amount_is_named() -> None:
    provider = FakeDTOne(product(2, (50, 800)))
    transferred(provider, {"RWF": "750"})
    assert provider.purchases[UUID]["destination"] == {"unit_type": "CURRENCY", "unit": "RWF", "amount": 750.0}


def test_every_page_of_products_is_looked_at() -> None:
    provider = FakeDTOne(*(product(number, number * 10) for number in range(1, 31)), page=10)
    [answer] = transferred(provider, {"RWF": "300"})
    assert given(answer) == ("RWF", "300")


@pytest.mark.parametrize(
    ("change", "amounts", "error"),
    [
        ({"operators": []}, {"RWF": "500"}, "no operator is known for the number"),
        ({"products": ()}, {"RWF": "500"}, "no airtime is sold for the number"),
        ({}, {"KES": "500"}, "no amount configured for transfers in RWF"),
        ({}, {"RWF": "50"}, "the amount of 50 RWF is less than the least that is sold, 100"),
        ({"status": "DECLINED-INVALID-CREDIT-PARTY"}, {"RWF": "500"},
         "transfer of 500 RWF ended with status DECLINED-INVALID-CREDIT-PARTY"),
        ({"status": "REJECTED-INSUFFICIENT-BALANCE"}, {"RWF": "500"},
         "transfer of 500 RWF ended with status REJECTED-INSUFFICIENT-BALANCE"),
        ({"refusal": errors(400, 1006001, "Insufficient balance")}, {"RWF": "500"},
         "buying airtime failed: the provider answered 400 (Insufficient balance)"),
        ({"refusal": errors(503, 1009503, "Service unavailable")}, {"RWF": "500"},
         "buying airtime failed: the provider answered 503 (Service unavailable)"),
    ],
    ids=["no operator", "no product", "no amount in the currency", "too little", "declined", "rejected", "no balance", "away"],
)  # fmt: skip
def test_what_can_not_be_transferred_is_told(change: dict[str, Any], amounts: dict[str, str], error: str) -> None:
    provider = FakeDTOne(*PRODUCTS)
    for name, value in change.items():
        setattr(provider, name, value)
    [answer] = transferred(provider, amounts)
    assert answer["error"] == error


def test_a_number_that_nobody_serves_is_told() -> None:
    [answer] = transferred(FakeDTOne(*PRODUCTS), {"RWF": "500"}, recipient="tel:+250788000000")
    assert answer["error"] == "no operator is known for the number"


def test_wrong_keys_are_told() -> None:
    [answer] = transferred(FakeDTOne(*PRODUCTS), {"RWF": "500"}, secret="wrong")
    assert answer["error"] == "looking up the operator of the number failed: the provider answered 401 (Unauthorized)"


def test_another_workspace_has_no_account() -> None:
    provider = FakeDTOne(*PRODUCTS)
    [answer] = transferred(provider, {"RWF": "500"}, org="0192fc2e-0000-7000-8000-000000000002")
    assert answer == {"error": "No airtime account is set up for this workspace."}
    assert provider.server.book == []


@pytest.mark.parametrize("status", ["SUBMITTED", "CONFIRMED"])
def test_a_slow_operator_has_still_taken_it(status: str) -> None:
    provider = FakeDTOne(*PRODUCTS)
    provider.status = status
    [answer] = transferred(provider, {"RWF": "500"})
    assert given(answer) == ("RWF", "500")


def test_a_transfer_asked_for_twice_is_bought_once() -> None:
    provider = FakeDTOne(*PRODUCTS)
    first, second = transferred(provider, {"RWF": "500"}, times=2)
    assert (first["external_id"], given(first)) == (second["external_id"], given(second)) == ("1001", ("RWF", "500"))
    assert len(provider.purchases) == 1


def test_a_purchase_whose_answer_was_lost_is_found() -> None:
    provider = FakeDTOne(*PRODUCTS)
    provider.hang_up = True
    [answer] = transferred(provider, {"RWF": "500"})
    assert (answer["external_id"], len(provider.purchases)) == ("1001", 1)


def test_a_busy_provider_is_asked_again() -> None:
    provider = FakeDTOne(*PRODUCTS)
    provider.busy = 2
    [answer] = transferred(provider, {"RWF": "500"})
    assert given(answer) == ("RWF", "500")
    assert [log["retries"] for log in answer["http_logs"]] == [2, 0, 0]


def test_what_was_said_is_kept_without_the_keys() -> None:
    [answer] = transferred(FakeDTOne(*PRODUCTS), {"RWF": "500"})

    logs = answer["http_logs"]
    assert [log["url"].partition("/v1")[2].partition("?")[0] for log in logs] == [
        "/lookup/mobile-number", "/products", "/sync/transactions"]  # fmt: skip
    assert all(log["status"] == "success" and log["request"] and log["response"] for log in logs)
    assert "sesame" not in str(logs) and "a2V5MTIz" not in str(logs)
