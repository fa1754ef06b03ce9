"""Puts a flow's requests to the outside: webhooks, e-mail, language models, airtime. Shapes are those of domain/flow/engine/services.py.

A call never raises for what the outside does: every request gets an answer, if only one that says why there is none.
"""

import base64
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from domain.ports.airtime import AirtimeTransfers, Transfer
from domain.ports.http_caller import Call, HttpCaller, Reply
from domain.ports.language_models import LanguageModels, ModelEndpoint
from domain.ports.mail import Mail, MailSender

log = logging.getLogger(__name__)

Data = dict[str, Any]

WEBHOOK_SECONDS = 15.0
MODEL_SECONDS = 60.0
MAX_REDIRECTS = 10
MAX_WEBHOOK_BYTES = 256 << 10
MAX_MODEL_BYTES = 1 << 20


class Calls:
    """What isn't set up (None) is answered with an error."""

    def __init__(
        self,
        http: HttpCaller,
        *,
        mail: MailSender | None = None,
        models: LanguageModels | None = None,
        airtime: AirtimeTransfers | None = None,
    ) -> None:
        self._http = http
        self._mail = mail
        self._models = models
        self._airtime = airtime
        self._by_kind: Mapping[str, Callable[[str, Data], Awaitable[Data]]] = {
            "webhook": self._webhook,
            "email": self._email,
            "llm": self._llm,
            "airtime": self._transfer,
        }

    async def answer(self, org: str, request: Data) -> Data:
        call = self._by_kind.get(request["kind"])
        try:
            answer = await call(org, request) if call else _error(f"There is no service for {request['kind']}.")
        except Exception as error:
            log.exception("A call failed", extra={"action": "call_failed", "kind": request["kind"]})
            answer = _error(f"The call failed: {type(error).__name__}")
        return {**answer, "key": request["key"]} if "key" in request else answer

    async def _webhook(self, org: str, request: Data) -> Data:
        limit = int(request.get("max_response_bytes") or MAX_WEBHOOK_BYTES)
        reply = await self._http.call(
            Call(
                request["method"],
                request["url"],
                tuple((name, value) for name, value in request.get("headers") or ()),
                (request.get("body") or "").encode(),
                timeout=WEBHOOK_SECONDS,
                max_bytes=limit,
                redirects=MAX_REDIRECTS,
            )
        )
        if not reply.status:
            return {"error": reply.error or "no answer", "elapsed_ms": reply.elapsed_ms}
        return _webhook_answer(reply)

    async def _email(self, org: str, request: Data) -> Data:
        if self._mail is None:
            return _error("No mail server is set up.")
        mail = Mail(tuple(request["to"]), request["subject"], request["body"], request["uuid"])
        error = await self._mail.send(mail)
        return _error(error) if error else {}

    async def _llm(self, org: str, request: Data) -> Data:
        llm = request["llm"]
        endpoint = self._models.endpoint(org, llm["uuid"]) if self._models else None
        if endpoint is None:
            return _error(f"No endpoint is set up for the language model {llm.get('name') or llm['uuid']}.")
        reply = await self._http.call(_model_call(endpoint, request))
        if not reply.status:
            return {"error": reply.error, "elapsed_ms": reply.elapsed_ms}
        return _model_answer(reply)

    async def _transfer(self, org: str, request: Data) -> Data:
        if self._airtime is None:
            return _error("No airtime service is set up.")
        transfer = Transfer(
            org, request.get("transfer") or request["uuid"], request["sender"], request["recipient"], request["amounts"]
        )
        return dict(await self._airtime.transfer(transfer))


def _error(sentence: str) -> Data:
    return {"error": sentence}


def _webhook_answer(reply: Reply) -> Data:
    answer: Data = {
        "status": reply.status,
        "headers": [[name, value] for name, value in reply.headers],
        "elapsed_ms": reply.elapsed_ms,
    }
    if reply.reason:
        answer["reason"] = reply.reason
    if reply.too_large:
        return {**answer, "too_large": True, "size": reply.size}
    try:
        answer["body"] = reply.body.decode()
    except UnicodeDecodeError:
        answer["body_base64"] = base64.b64encode(reply.body).decode()
    return answer


def _model_call(endpoint: ModelEndpoint, request: Data) -> Call:
    document = {
        "model": endpoint.model,
        "messages": [
            {"role": "system", "content": request["instructions"]},
            {"role": "user", "content": request["input"]},
        ],
        "max_tokens": request["max_tokens"],
    }
    headers = [("Content-Type", "application/json")]
    if endpoint.api_key:
        headers.append(("Authorization", f"Bearer {endpoint.api_key}"))
    return Call(
        "POST",
        endpoint.url.rstrip("/") + "/chat/completions",
        tuple(headers),
        orjson.dumps(document),
        timeout=MODEL_SECONDS,
        max_bytes=MAX_MODEL_BYTES,
    )


def _model_answer(reply: Reply) -> Data:
    try:
        document = orjson.loads(reply.body)
        if reply.status // 100 != 2:
            said = document.get("error") if isinstance(document, dict) else None
            told = said.get("message") if isinstance(said, dict) else said
            return _error(f"The language model answered {reply.status}" + (f": {told}" if told else "."))
        usage = document.get("usage") or {}
        return {
            "output": str(document["choices"][0]["message"]["content"] or "").strip(),
            "tokens": {"input": usage.get("prompt_tokens", 0), "output": usage.get("completion_tokens", 0)},
            "elapsed_ms": reply.elapsed_ms,
        }
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError):
        return _error(f"The language model's answer ({reply.status}) can't be read.")
