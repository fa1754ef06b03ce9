"""A whole installation whose Kafka, Postgres and Redis want TLS and passwords: it works, and it says why it does not start."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis

from infra.kafka_settings import kafka_variables
from tests.secured_kafka import PASSWORD, SCRAM
from tests.system.aggregator import Aggregator
from tests.system.installation import ROOT, RunningInstallation, await_, post
from tests.system.workspace import SystemWorkspace

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

ANNE = "+250788111111"


@pytest.fixture
def installation(kafka, securing, postgres, redis_url, redis_port, authority, server_folder) -> RunningInstallation:
    """Kafka's password comes from a file, as orchestrators give it."""
    redis.Redis.from_url(redis_url).flushdb()
    folder = server_folder / "secured"
    secret = server_folder / "kafka-password"
    secret.write_text(f"{PASSWORD}\n")
    of_kafka = kafka_variables(securing.scram()) | {
        "EVENKEEL_KAFKA_PASSWORD": "",
        "EVENKEEL_KAFKA_PASSWORD_FILE": str(secret),
    }
    return RunningInstallation(
        folder,
        kafka.url_of(SCRAM),
        EVENKEEL_DATABASE=postgres.address(),
        EVENKEEL_REDIS=f"rediss://127.0.0.1:{redis_port}/0?ssl_ca_certs={authority.file}",
        EVENKEEL_PARTITIONS="2",
        **of_kafka,
    )


@pytest.fixture
def running(installation: RunningInstallation) -> Iterator[RunningInstallation]:
    yield installation.start()
    assert installation.stop() == 0


@pytest.fixture
def aggregator() -> Iterator[Aggregator]:
    made = Aggregator().start()
    yield made
    made.stop()


def test_a_message_in_and_a_reply_out(running, aggregator):
    with running.submitting() as submit:
        workspace = SystemWorkspace(running, submit, aggregator)
        workspace.add_survey()

    assert post(workspace.receive_url, {"from": ANNE, "text": "survey"}) == 200
    await_("the answer", lambda: any("What is your name?" in said for said in aggregator.texts_to(ANNE)))

    doctor = running.evenkeel("doctor")
    assert doctor["healthy"], doctor
    told = {each["what"] for each in doctor["findings"]}
    assert {"the log answers", "the database answers", "Redis answers"} <= told
    said = "".join(each.read_text() for each in (running.folder / "logs").glob("*.log"))
    assert PASSWORD not in said and PASSWORD not in (running.folder / "run" / "installation.json").read_text()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"EVENKEEL_KAFKA_PASSWORD_FILE": "", "EVENKEEL_KAFKA_PASSWORD": "guessed"}, "EVENKEEL_KAFKA_PASSWORD"),
        ({"EVENKEEL_REDIS": "keel:guessed"}, "EVENKEEL_REDIS"),
    ],
)
def test_it_says_why_it_does_not_start(installation, wrong, expected):
    environment = dict(installation._environment)
    if "EVENKEEL_REDIS" in wrong:
        wrong = {"EVENKEEL_REDIS": environment["EVENKEEL_REDIS"].replace("://", f"://{wrong['EVENKEEL_REDIS']}@")}
    command = [sys.executable, "-m", "gateways.cli.main", "up", "--no-demo"]
    ended = subprocess.run(command, cwd=ROOT, env=environment | wrong, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    [line] = ended.stderr.strip().splitlines()
    assert line.startswith("evenkeel: ") and expected in line
    assert "guessed" not in ended.stdout + ended.stderr
