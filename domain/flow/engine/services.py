"""What the engine asks of the outside: webhooks, e-mail, language models and airtime.

The engine calls nobody. It puts a request, a JSON-able dict with at least `kind` and `key`, to its `Services`; the key
names the run, the node, the action and how many requests this sprint made before. In the product `RecordedAnswers` holds
the answers that are known. For the first one that isn't, it raises `AnswerNeeded`: the sprint is given up without a trace,
somebody goes and asks, and the same sprint is run again, from the start, with the same seed and one answer more.

Requests and answers, by kind:

`webhook`  {kind, key, method, url, headers: [[name, value]…], body: text, trace: the request as it will be shown,
            max_response_bytes, resthook?}
            answer {status, reason?, protocol?, headers: [[name, value]…], body: text | body_base64, elapsed_ms?, retries?}
            or {error: why nothing came back, elapsed_ms?, retries?}; `too_large: true` with `size` when the body was over the limit
`email`    {kind, key, to: […], subject, body}                     answer {} or {error}
`llm`      {kind, key, llm: {uuid, name, type}, instructions, input, max_tokens}
            answer {output, tokens: {input, output}, elapsed_ms?} or {error}
`airtime`  {kind, key, uuid, sender, recipient, amounts: {currency: text}}
            answer {external_id, currency, amount: text, http_logs: […]} or {error}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from domain.errors import EvenkeelError

Request = dict[str, Any]
Answer = dict[str, Any]


class Services(Protocol):
    """Puts requests to the outside. Every method answers, or raises `AnswerNeeded`; a failure is an answer with `error`."""

    def call_webhook(self, request: Request) -> Answer: ...

    def send_email(self, request: Request) -> Answer: ...

    def call_llm(self, request: Request) -> Answer: ...

    def transfer_airtime(self, request: Request) -> Answer: ...


class AnswerNeeded(Exception):
    """The sprint can't go on before somebody has put this request to the outside. No error: it steers."""

    def __init__(self, request: Request) -> None:
        super().__init__(f"an answer to {request.get('kind')} {request.get('key')} is needed")
        self.request = request


class AnswersDontFit(EvenkeelError):
    """The recorded answers belong to another sprint than the one that is run."""


class RecordedAnswers:
    """Answers the k-th request of a sprint with the k-th recorded answer.

    An answer may carry the `key` of the request it was given to; if it is another than the request's, the sprint is not
    the one that asked (its flow or its contact changed meanwhile) and `AnswersDontFit` is raised. With `refusal` the outside
    is asked no more: it is the error that every further request is answered with.
    """

    __slots__ = ("_answers", "_refusal", "_used")

    def __init__(self, answers: Sequence[Answer] = (), refusal: str = "") -> None:
        self._answers = answers
        self._refusal = refusal
        self._used = 0

    def _answer(self, request: Request) -> Answer:
        if self._used >= len(self._answers):
            if self._refusal:
                return {"error": self._refusal}
            raise AnswerNeeded(request)
        answer = self._answers[self._used]
        self._used += 1
        if answer.get("key", request["key"]) != request["key"]:
            raise AnswersDontFit(f"answer {self._used} is to {answer['key']}, the request is {request['key']}")
        return answer

    def call_webhook(self, request: Request) -> Answer:
        return self._answer(request)

    def send_email(self, request: Request) -> Answer:
        return self._answer(request)

    def call_llm(self, request: Request) -> Answer:
        return self._answer(request)

    def transfer_airtime(self, request: Request) -> Answer:
        return self._answer(request)


class NoServices:
    """Answers every request with an error: for tests and simulations that reach nobody."""

    __slots__ = ()

    def _refuse(self, request: Request) -> Answer:
        return {"error": f"no {request['kind']} service available"}

    def call_webhook(self, request: Request) -> Answer:
        return self._refuse(request)

    def send_email(self, request: Request) -> Answer:
        return self._refuse(request)

    def call_llm(self, request: Request) -> Answer:
        return self._refuse(request)

    def transfer_airtime(self, request: Request) -> Answer:
        return self._refuse(request)
