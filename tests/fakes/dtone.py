"""DT One on the loopback: numbers, products and purchases, over real HTTP."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.fakes.aggregator import Answer, FakeAggregator, Posted

RWANDAN = "+250788123123"


def product(number: int, amount: Any, unit: str = "RWF", **more: Any) -> dict[str, Any]:
    ranged = isinstance(amount, tuple)
    return {
        "id": number,
        "type": "RANGED_VALUE_RECHARGE" if ranged else "FIXED_VALUE_RECHARGE",
        "service": {"id": 1, "name": "Mobile", "subservice": {"id": 11, "name": "Airtime"}},
        "destination": {
            "unit_type": "CURRENCY",
            "unit": unit,
            "amount": {"min": amount[0], "max": amount[1]} if ranged else amount,
        },
        "required_credit_party_identifier_fields": [["mobile_number"]],
        "benefits": [{"type": "CREDITS", "unit": unit}],
        **more,
    }


def errors(status: int, code: int, message: str) -> Answer:
    return Answer(status, orjson.dumps({"errors": [{"code": code, "message": message}]}))


class FakeDTOne:
    """`status` is what purchases end with; `hang_up` breaks the connection after the next purchase was made."""

    def __init__(self, *products: dict[str, Any], page: int = 100) -> None:
        self.products = products
        self.page = page
        self.operators: Any = [{"id": 7, "name": "Other"}, {"id": 1596, "name": "MTN Rwanda", "identified": True}]
        self.status = "COMPLETED"
        self.hang_up = False
        self.busy = 0
        self.refusal: Answer | None = None
        self.purchases: dict[str, dict[str, Any]] = {}
        self.server = FakeAggregator(self._answer)

    def _answer(self, posted: Posted) -> Answer:
        if posted.headers.get("authorization") != "Basic a2V5MTIzOnNlc2FtZQ==":  # key123:sesame
            return errors(401, 1000401, "Unauthorized")
        if self.busy:
            self.busy -= 1
            return errors(429, 1000429, "Too many requests")
        path = urlsplit(posted.path)
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        match posted.method, path.path:
            case "POST", "/v1/lookup/mobile-number":
                return self._lookup(orjson.loads(posted.body))
            case "GET", "/v1/products":
                return self._products(query)
            case "POST", "/v1/sync/transactions":
                return self._purchase(orjson.loads(posted.body))
            case "GET", "/v1/transactions":
                found = self.purchases.get(query["external_id"])
                return Answer(body=orjson.dumps([found] if found else []))
        return errors(404, 1000404, "Resource not found")

    def _lookup(self, asked: dict[str, Any]) -> Answer:
        if asked["mobile_number"] != RWANDAN:
            return errors(404, 1005006, "Operator not found")
        return Answer(body=orjson.dumps(self.operators))

    def _products(self, query: dict[str, str]) -> Answer:
        if query["operator_id"] != "1596":
            return errors(404, 1003001, "Product is not available in your account")
        page = int(query["page"])
        shown = self.products[(page - 1) * self.page : page * self.page]
        more = page * self.page < len(self.products)
        return Answer(body=orjson.dumps(shown), headers={"X-Next-Page": str(page + 1)} if more else {})

    def _purchase(self, asked: dict[str, Any]) -> Answer:
        if self.refusal is not None:
            return self.refusal
        if asked["external_id"] in self.purchases:
            return errors(400, 1007001, "Transaction external ID has already been used")
        bought = {
            "id": 1001 + len(self.purchases),
            "external_id": asked["external_id"],
            "product": {"id": asked["product_id"]},
            "destination": asked.get("destination"),
            "status": {"message": self.status, "class": {"message": self.status.partition("-")[0]}},
        }
        self.purchases[asked["external_id"]] = bought
        hang_up, self.hang_up = self.hang_up, False
        return Answer(201, orjson.dumps(bought), hang_up=hang_up)
