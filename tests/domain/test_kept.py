"""What is remembered of texts."""

from domain.kept import kept_for_short_texts


def test_short_texts_are_worked_out_once_and_long_ones_every_time() -> None:
    asked: list[str] = []

    @kept_for_short_texts(10, 3)
    def length(text: str, more: int = 0) -> int:
        asked.append(text)
        return len(text) + more

    assert [length("abc"), length("abc"), length("abc", 1), length("abc", more=1)] == [3, 3, 4, 4]
    assert [length("abcd"), length("abcd")] == [4, 4]
    assert asked == ["abc", "abc", "abc", "abcd", "abcd"]
