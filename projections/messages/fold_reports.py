"""Reports about messages of their own batch go into the new rows: a row that is written once costs half of one that is changed at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Row = dict[str, Any]


def fold_reports(messages: Sequence[Row], named: Sequence[tuple[Any, ...]], reports: Sequence[Row]) -> list[Row]:
    """Changes the new rows of `messages` as their reports say, and returns the reports about others.

    `named`: (org, channel uuid, external id, message id) of external ids that are known since this batch. The same rules as in the
    statement for rows that are there already, so that the same rows come out however the log is cut into batches.
    """
    by_uuid = {(row["org"], row["uuid"]): row for row in messages}
    by_id = {(row["org"], row["id"]): row for row in messages}
    by_external_id = {(org, channel, external): number for org, channel, external, number in named}
    others = []
    for report in reports:
        org = report["org"]
        if report["status"] == "errored" and report.get("error_count") is None:
            others.append(report)  # an aggregator's, which is counted
            continue
        message = by_uuid.get((org, report.get("message")))
        if message is None:
            number = report.get("message_id") or by_external_id.get(
                (org, report.get("channel"), report.get("external_id"))
            )
            message = by_id.get((org, number))
        if message is None:
            others.append(report)
        elif message["direction"] == "out":
            _fold(message, report)
    return others


def _fold(message: Row, report: Row) -> None:
    if report["rank"] > message["status_rank"]:
        message["status"], message["status_rank"] = report["status"], report["rank"]
    if report["sent_on"] is not None:
        sent_on = max(report["sent_on"], message["created_on"], key=datetime.fromisoformat)
        message["sent_on"] = min(message.get("sent_on") or sent_on, sent_on, key=datetime.fromisoformat)
    errors = report.get("error_count") or 0
    if errors > message["error_count"]:
        message["next_attempt_on"], message["error_count"] = report.get("next_attempt_on"), errors
    message["failed_reason"] = message.get("failed_reason") or report.get("failed_reason")
    message["modified_on"] = max(message["modified_on"], report["at"], key=datetime.fromisoformat)
