"""Log files stay short under a writer that knows nothing of it."""

from pathlib import Path

from infra.supervisor.log_files import keep_short


def test_a_long_log_moves_aside_and_its_writer_goes_on_at_the_start(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        keep_short([log], longest=50)
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    assert (tmp_path / "web.log.1").read_bytes() == b"x" * 100


def test_a_short_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * 50)
    keep_short([log], longest=50)
    assert [each.name for each in tmp_path.iterdir()] == ["web.log"]


def test_a_log_that_is_not_there_does_not_keep_the_others_long(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * 51)
    keep_short([tmp_path / "none.log", log], longest=50)
    assert log.stat().st_size == 0
