"""What `evenkeel up` hands on to its processes."""

from pathlib import Path

from gateways.cli.up import _addresses
from infra.settings import Settings


def test_every_setting_reaches_the_processes(tmp_path: Path):
    account = tmp_path / "account.json"
    account.write_text("{}")
    given = Settings.from_environment(
        {
            "EVENKEEL_DATA": str(tmp_path), "EVENKEEL_HOST": "0.0.0.0", "EVENKEEL_PORT": "8123",
            "EVENKEEL_BASE_URL": "https://evenkeel.example", "EVENKEEL_LOG": "kafka://broker:9092",
            "EVENKEEL_DATABASE": "postgresql://database/evenkeel", "EVENKEEL_REDIS": "redis://redis:6379",
            "EVENKEEL_PARTITIONS": "16", "EVENKEEL_ALLOWED_HOSTS": "10.0.0.0/8,gateway", "EVENKEEL_SMTP": "smtp://mail:25",
            "EVENKEEL_FCM_SERVICE_ACCOUNT": str(account), "EVENKEEL_FCM_URL": "http://127.0.0.1:9",
            "EVENKEEL_API_CALLS_PER_HOUR": "7", "EVENKEEL_META_APP_SECRET": "a", "EVENKEEL_META_WEBHOOK_SECRET": "b",
            "EVENKEEL_META_SYSTEM_USER_TOKEN": "c", "EVENKEEL_PROCESSES": "web=2,decider=3",
        },
        tmp_path,
    )  # fmt: skip

    assert Settings.from_environment(_addresses(given), Path("/")) == given
