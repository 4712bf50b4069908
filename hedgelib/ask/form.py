"""Forms: how an answer must look, and what value the written answer has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hedgelib.ask.answers import read_answer

Kind: TypeAlias = Literal["number", "choice", "function", "written"]


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer must look; ``Form("number", "ETH", sign="gain")``.

    - unit: of a number, or of what a function returns
    - sign: "none" where a number is given without one, "gain" where a minus is a loss, "paid" where
      a minus is paid
    - example: arguments to try a function with
    - options, reasons: texts to choose from by their values, in the order in which they are shown;
      with reasons an answer has two parts, each written as a letter
    """

    kind: Kind
    unit: str = ""
    sign: Literal["", "none", "gain", "paid"] = ""
    example: tuple[Any, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def letters(self) -> tuple[dict[str, str], dict[str, str]]:
        """The value behind each letter, of the options and of the reasons."""
        options = dict(zip("ABCDEF", self.options, strict=False))
        return options, dict(zip("PQRSTU", self.reasons, strict=False))

    def read(self, answer: Any) -> Any:
        """Return the value of a plain answer: of a text the number, of letters their options.

        What cannot be read as an option stays as it is, and an empty part is None.
        """
        if self.kind == "number" and type(answer) is str:
            return read_answer(answer, unit=self.unit)
        if self.kind == "choice" and answer is not None:
            pairs = zip(self.letters, answer, strict=True)
            return tuple(_option(letters, part) for letters, part in pairs)
        return answer

    def in_letters(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """Return the letters of an option and a reason; what is neither stays as it is."""
        pairs = zip(self.letters, values, strict=True)
        return tuple(
            {value: letter for letter, value in letters.items()}.get(part, part)
            for letters, part in pairs
        )


def _option(letters: Mapping[str, str], part: object) -> str | None:
    text = part.strip() if type(part) is str else ""
    return letters.get(text.upper(), text) or None
