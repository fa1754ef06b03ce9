"""What an organization is charged: the work on its inputs, and nothing that happened meanwhile."""

import gc
from time import sleep, thread_time

import pytest

from workers.decider.work_time import WorkTime


@pytest.fixture
def work_time():
    made = WorkTime()
    yield made
    made.close()


def test_work_counts(work_time: WorkTime) -> None:
    began, cpu = work_time(), thread_time()
    while thread_time() - cpu < 0.02:
        pass

    assert work_time() - began >= 0.02


def test_garbage_that_is_collected_meanwhile_is_nobody_s_work(work_time: WorkTime) -> None:
    much = [[number] for number in range(300_000)]
    began, cpu = work_time(), thread_time()
    gc.collect()
    worked, spent = work_time() - began, thread_time() - cpu

    assert spent > 0.002, f"{len(much)} lists are looked at in no time"
    assert worked < spent / 4


def test_what_the_machine_does_for_others_is_nobody_s_work(work_time: WorkTime) -> None:
    began = work_time()
    sleep(0.05)

    assert work_time() - began < 0.02


def test_once_closed_it_hears_of_no_collection() -> None:
    heard = len(gc.callbacks)
    WorkTime().close()

    assert len(gc.callbacks) == heard
