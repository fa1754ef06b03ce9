"""How often Python looks for garbage that refers to itself: its own rhythm is for programs that keep little."""

import gc


def settle_memory() -> None:
    """What there is now stays. To be called when a process is ready: messages make much that is gone at once and little that stays."""
    gc.set_threshold(50_000, 20, 50)
    gc.collect()
    gc.freeze()
