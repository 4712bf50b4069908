"""What the article behind this workbook claims, sentence by sentence, and what holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedgelib._text import Table
from hedgelib.errors import InvalidInput
from hedgelib.workbook.contents import LESSONS, lesson_link
from hedgelib.workbook.prose import say
from hedgelib.workbook.search import occurs

__all__ = [
    "CLAIMS",
    "COSTLY",
    "GROUPS",
    "MARKS",
    "VERDICTS",
    "Claim",
    "against",
    "also",
    "claim",
    "claims",
    "say_claims",
    "say_costly",
    "say_verdicts",
    "tally",
]

VERDICTS: dict[str, str] = {
    "correct": "holds as it stands",
    "imprecise": "holds under a condition that is not stated, or leaves out what decides",
    "wrong": "a wrong number, sign, unit or reason",
    "opinion": "cannot be tested as it stands, or is a matter of taste",
    "omission": "nothing is claimed where something should be",
}
"""Each verdict, and what it means."""

MARKS: dict[str, str] = {
    "correct": "✓",
    "imprecise": "~",
    "wrong": "✗",
    "opinion": "○",
    "omission": "…",
}
"""A sign for each verdict, so that none is told by colour alone."""

GROUPS: dict[str, str] = {
    "hedging": "Introduction, and what hedging is",
    "contracts": "Spot, futures, and the inverse contract",
    "why-inverse": "Why inverse",
    "sizing": "Steps 1 to 3: exposure, instrument, size",
    "opening": "Step 4: opening the short",
    "holding": "Step 5, and leverage",
    "advanced": "Correlation, beta, basis and funding",
    "on-and-off": "When to hedge, and when to stop",
    "alice": "Alice",
    "risks": "Risks, conclusion, and the table of exchanges",
}
"""The parts of the article, in its order."""

COSTLY: dict[str, tuple[int, ...]] = {
    "the margin's own risk": (22, 26, 56, 116),
    "the sign of funding": (64, 65, 89, 90, 91, 121),
    "the unit of the contract": (43, 45, 46, 47, 52),
}
"""The three errors that change the money, and where the article makes or builds on them."""

_LESSONS = {stem.partition("_")[0] for stem in LESSONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that the article says, and what holds.

    Parameters
    ----------
    number : int
        1, 2, 3 ..., in the order of the article; the last three were found later.
    group : str
        A key of :data:`GROUPS`.
    claim : str
        What is said, in our words; numbers are the article's.
    verdict : str
        A key of :data:`VERDICTS`.
    why : str
        The reason, in a sentence or two.
    lesson : str
        Where it is taught, such as ``"04"``.
    proof : str
        Name of the cell of ``B_claims.ipynb`` that computes it; empty where nothing can be
        computed.

    Raises
    ------
    InvalidInput
        A number below 1, an unknown group, verdict or lesson, an empty text, or a dollar sign in
        one (money is written ``USD 10,000`` here).
    """

    number: int
    group: str
    claim: str
    verdict: str
    why: str
    lesson: str
    proof: str = ""

    def __post_init__(self) -> None:
        if self.number < 1:
            raise InvalidInput(f"number must be 1 or more, got {self.number}")
        for name, value, known in (
            ("group", self.group, GROUPS),
            ("verdict", self.verdict, VERDICTS),
            ("lesson", self.lesson, sorted(_LESSONS)),
        ):
            if value not in known:
                raise InvalidInput(
                    f"claim {self.number}: {name} must be one of {', '.join(known)}, got {value!r}"
                )
        for name, text in (("claim", self.claim), ("why", self.why)):
            if not text.strip() or set(text) & set("$|"):
                raise InvalidInput(
                    f"claim {self.number}: {name} must be words without $ and |, got {text!r}"
                )

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """Number, claim, verdict, reason and lesson, as a table has them."""
        verdict = f"{MARKS[self.verdict]} {self.verdict}"
        return str(self.number), self.claim, verdict, self.why, self.lesson


_Line = tuple[int, str, str, str, str, str]


def _of(group: str, lines: Iterable[_Line]) -> list[Claim]:
    return [
        Claim(
            number=number,
            group=group,
            claim=said,
            verdict=verdict,
            why=why,
            lesson=lesson,
            proof=proof,
        )
        for number, said, verdict, why, lesson, proof in lines
    ]


def claims(
    verdict: str | None = None, group: str | None = None, words: str = ""
) -> tuple[Claim, ...]:
    """Choose claims.

    Parameters
    ----------
    verdict : str, optional
        A key of :data:`VERDICTS`; all when omitted.
    group : str, optional
        A key of :data:`GROUPS`; all when omitted.
    words : str
        Every one of them, or another form of it, must be in the claim or the reason, in any case,
        or be its verdict or its number.

    Returns
    -------
    tuple of Claim
        By number.

    Raises
    ------
    InvalidInput
        An unknown verdict or group.

    Notes
    -----
    **Source:** :data:`CLAIMS`.

    Examples
    --------
    >>> [claim.number for claim in claims("wrong", "alice", "contract")]
    [105, 106]
    """
    for name, value, known in (("verdict", verdict, VERDICTS), ("group", group, GROUPS)):
        if value is not None and value not in known:
            raise InvalidInput(f"{name} must be one of {', '.join(known)}, got {value!r}")
    wanted = words.casefold().split()
    return tuple(
        found
        for found in CLAIMS
        if verdict in (None, found.verdict)
        and group in (None, found.group)
        and all(
            word in (found.verdict, str(found.number)) or occurs(word, f"{found.claim} {found.why}")
            for word in wanted
        )
    )


def claim(number: int) -> Claim:
    """Find a claim by its number.

    Parameters
    ----------
    number : int

    Returns
    -------
    Claim

    Raises
    ------
    InvalidInput
        There is none of that number.

    Notes
    -----
    **Source:** :data:`CLAIMS`.

    Examples
    --------
    >>> claim(64).verdict
    'wrong'
    """
    if not 1 <= number <= len(CLAIMS):
        raise InvalidInput(f"number must be 1 to {len(CLAIMS)}, got {number}")
    return CLAIMS[number - 1]


def tally() -> Table:
    """Count the verdicts, by the parts of the article.

    Returns
    -------
    Table

    Notes
    -----
    **Source:** :data:`CLAIMS`.

    Examples
    --------
    >>> tally().rows[-1]
    ('together', '46', '36', '37', '12', '1', '132')
    """
    counts = Counter((found.group, found.verdict) for found in CLAIMS)

    def row(name: str, groups: Sequence[str]) -> list[str]:
        each = [sum(counts[group, verdict] for group in groups) for verdict in VERDICTS]
        return [name, *(str(n) if n else "" for n in each), str(sum(each))]

    return Table(
        ["part of the article", *(f"{MARKS[v]} {v}" for v in VERDICTS), "claims"],
        [*(row(title, [group]) for group, title in GROUPS.items()), row("together", [*GROUPS])],
        caption="How many claims have which verdict",
    )


def say_verdicts() -> None:
    """Show what each verdict means.

    Notes
    -----
    **Source:** :data:`VERDICTS`; a Markdown list.

    Examples
    --------
    >>> say_verdicts()
    There are **132** claims. A verdict is one of these:
    ...
    """
    lines = [f"- {MARKS[name]} **{name}**: {meaning}" for name, meaning in VERDICTS.items()]
    head = f"There are **{len(CLAIMS)}** claims. A verdict is one of these:"
    say("\n".join([head, "", *lines]))


def say_costly() -> None:
    """Show where the article makes the three errors that change the money.

    Notes
    -----
    **Source:** :data:`COSTLY`; a Markdown table.

    Examples
    --------
    >>> say_costly()
    | Error | | The article says | Verdict |
    ...
    """
    lines = ["| Error | | The article says | Verdict |", "|:--|--:|:--|:--|"]
    for name, numbers in COSTLY.items():
        for number in numbers:
            _, said, verdict, _, _ = claim(number).row
            head = f"**{name}**" if number == numbers[0] else ""
            lines.append(f"| {head} | {number} | {said} | {verdict} |")
    say("\n".join(lines))


def say_claims(group: str) -> None:
    """Show the claims of one part of the article, with links to the lessons.

    Parameters
    ----------
    group : str
        A key of :data:`GROUPS`.

    Raises
    ------
    InvalidInput
        An unknown group.

    Notes
    -----
    **Source:** :data:`CLAIMS`; a Markdown table.

    Examples
    --------
    >>> say_claims("risks")
    | | The article says | Verdict | Why | Lesson |
    ...
    """
    lines = ["| | The article says | Verdict | Why | Lesson |", "|--:|:--|:--|:--|:--|"]
    for found in claims(group=group):
        number, said, verdict, why, lesson = found.row
        bold = f"**{verdict}**" if found.verdict == "wrong" else verdict
        lines.append(f"| {number} | {said} | {bold} | {why} | {lesson_link(lesson)} |")
    say("\n".join(lines))


def against(number: int, article: str, right: str) -> None:
    """Print what the article has beside what holds.

    Parameters
    ----------
    number : int
        Of the claim.
    article, right : str
        The article's number or sign, and the computed one; ASCII.

    Raises
    ------
    InvalidInput
        There is no such claim.

    Notes
    -----
    **Source:** none. Two lines, the second indented under the first.

    Examples
    --------
    >>> against(45, "one contract is 3,500 USD", "10 USD")
     45 wrong      article: one contract is 3,500 USD
                   right:   10 USD
    """
    print(f"{number:3} {claim(number).verdict:10} article: {article}")
    also(f"right:   {right}")


def also(text: str) -> None:
    """Print more of what holds, below what :func:`against` has printed.

    Parameters
    ----------
    text : str

    Notes
    -----
    **Source:** none.

    Examples
    --------
    >>> also("by hand  10 USD")
                   by hand  10 USD
    """
    print(f"{'':14} {text}")


CLAIMS: tuple[Claim, ...] = tuple(
    sorted(
        [
            *_of(
                "hedging",
                [
                    (
                        1,
                        "Altcoins offer large gains and swing widely.",
                        "opinion",
                        "Nobody would object, but without a number there is nothing to test.",
                        "01",
                        "",
                    ),
                    (
                        2,
                        "A few bad days can take what months have brought.",
                        "opinion",
                        "It has happened; how often, is not said.",
                        "01",
                        "proof-days",
                    ),
                    (
                        3,
                        "Buying at intervals and holding for long are sound strategies.",
                        "opinion",
                        "Perhaps. Neither is a hedge: what is held stays exposed in full.",
                        "01",
                        "",
                    ),
                    (
                        4,
                        "Professionals limit the downside and keep what they hold.",
                        "correct",
                        "A short beside the book changes how it moves, not who owns it.",
                        "01",
                        "",
                    ),
                    (
                        5,
                        "Inverse futures are among the best hedging tools for private investors.",
                        "imprecise",
                        "Whoever does not own the margin coin has it simpler with a linear short: "
                        "stablecoins add no risk that the short must cover as well.",
                        "04",
                        "proof-linear-margin",
                    ),
                    (
                        6,
                        "A hedge is an investment meant to make good what another loses.",
                        "correct",
                        "That is what the word means.",
                        "01",
                        "",
                    ),
                    (
                        7,
                        "A hedge is a kind of insurance.",
                        "wrong",
                        "An insurance takes a premium and leaves you the gains. A short takes no "
                        "premium and gives up the gains: it is a lock. A put would be an "
                        "insurance.",
                        "01",
                        "proof-insurance",
                    ),
                    (
                        8,
                        "Whoever owns USD 10,000 of altcoins loses if the market crashes.",
                        "correct",
                        "As long as their beta is positive.",
                        "01",
                        "proof-betas",
                    ),
                    (
                        9,
                        "The hedge earns in the fall, and so makes the loss smaller or nil.",
                        "correct",
                        "The direction is right; how much, is a matter of size.",
                        "01",
                        "proof-both-ways",
                    ),
                    (
                        10,
                        "Altcoins have a higher beta than BTC or ETH.",
                        "imprecise",
                        "A beta needs a benchmark. The beta of BTC to BTC is 1 by definition, and "
                        "not every altcoin lies above it.",
                        "06",
                        "proof-betas",
                    ),
                    (
                        11,
                        "Altcoins fall harder and faster in bad times.",
                        "imprecise",
                        "A plain beta says as much about rises. A statement on falls alone is one "
                        "on downside beta, and has to be measured as such.",
                        "06",
                        "proof-betas",
                    ),
                    (
                        12,
                        "BTC down 20% can mean a mid-sized altcoin down 35%.",
                        "correct",
                        "A fair example. Note the beta in it, which is far from the ratio of 1 "
                        "that the article goes on to use.",
                        "06",
                        "proof-implied-beta",
                    ),
                    (
                        13,
                        "With a hedge you keep the long-term upside and lose only the short-term "
                        "risk.",
                        "imprecise",
                        "While a full hedge is on, rises are gone as falls are. The upside is back "
                        "on the day the hedge is taken off.",
                        "01",
                        "proof-both-ways",
                    ),
                ],
            ),
            *_of(
                "contracts",
                [
                    (
                        14,
                        "Whoever buys spot owns the coin at once.",
                        "correct",
                        "So it is.",
                        "01",
                        "",
                    ),
                    (
                        15,
                        "A future obliges both sides to trade on a set date at a set price.",
                        "imprecise",
                        "True of futures with an expiry. A perpetual has no date; funding does "
                        "what the date would do.",
                        "01",
                        "proof-paid-in-coin",
                    ),
                    (
                        16,
                        "Such contracts are mostly settled in cash, and no coin changes hands.",
                        "imprecise",
                        "An inverse contract pays profit, funding and fees in the coin.",
                        "02",
                        "proof-paid-in-coin",
                    ),
                    (
                        17,
                        "Read a guide to exchanges first.",
                        "opinion",
                        "Advice, with a link.",
                        "01",
                        "",
                    ),
                    (
                        18,
                        "Inverse is another word for coin-margined.",
                        "imprecise",
                        "Every inverse contract is coin-margined, but not the other way round: a "
                        "quanto has a coin for margin too, and pays by another formula.",
                        "02",
                        "proof-quanto",
                    ),
                    (
                        19,
                        "The price of an inverse contract is stated in the coin, and so are margin "
                        "and settlement.",
                        "wrong",
                        "The price is dollars for a coin, the face is a number of dollars. Only "
                        "margin and profit are in the coin.",
                        "02",
                        "proof-paid-in-coin",
                    ),
                    (
                        20,
                        "Short an inverse ETH contract: the margin is ETH, and so is the profit.",
                        "correct",
                        "The profit is N (1/X − 1/E) coins.",
                        "02",
                        "proof-paid-in-coin",
                    ),
                    (
                        21,
                        "When ETH falls, that short gains in dollars.",
                        "correct",
                        "By N (1 − X/E) dollars.",
                        "02",
                        "proof-paid-in-coin",
                    ),
                    (
                        22,
                        "As the margin is ETH, the gain of the short covers the fall of the ETH "
                        "that you own.",
                        "imprecise",
                        "It covers the fall of the margin first. A short as large as its margin "
                        "protects just those coins, and nothing besides.",
                        "04",
                        "cost-margin",
                    ),
                    (
                        23,
                        "Linear contracts have stablecoins for margin.",
                        "imprecise",
                        "As a rule. Accounts that pool several assets take coins as well, at less "
                        "than their worth.",
                        "01",
                        "",
                    ),
                    (
                        24,
                        "Short a linear ETH contract: post USDT, gain when ETH falls.",
                        "correct",
                        "By Q (E − X) dollars.",
                        "01",
                        "proof-paid-in-coin",
                    ),
                    (
                        25,
                        "Linear is easier, but the stablecoins have to be held besides.",
                        "correct",
                        "True, and meant as a drawback. It is the advantage: such a margin has no "
                        "risk that the short must cover.",
                        "04",
                        "proof-linear-margin",
                    ),
                ],
            ),
            *_of(
                "why-inverse",
                [
                    (
                        26,
                        "The key advantage of inverse: margin and hedged asset are of one kind.",
                        "wrong",
                        "Only where the hedged asset is the margin coin itself. Beside altcoins, a "
                        "bought margin is one more thing that falls.",
                        "04",
                        "cost-margin",
                    ),
                    (
                        27,
                        "The most direct hedge is a short of something closely correlated.",
                        "imprecise",
                        "Correlation says how well a hedge can work. How large it must be is "
                        "beta, and that is another number.",
                        "06",
                        "proof-correlation",
                    ),
                    (
                        28,
                        "If the book follows ETH, shorting ETH is highly efficient.",
                        "imprecise",
                        "How efficient is a number, the variance removed; measure it on days that "
                        "were not used to fit the hedge.",
                        "06",
                        "proof-correlation",
                    ),
                    (
                        29,
                        "No stablecoins needed: what you are exposed to serves as margin.",
                        "wrong",
                        "With one wallet for each coin, only ETH secures an ETH contract: the "
                        "altcoins must be sold for it, or ETH bought. Pooled accounts take others "
                        "at a discount, and their risk then counts too.",
                        "04",
                        "proof-margin-coin",
                    ),
                    (
                        30,
                        "Hedging a book of mostly ETH with ETH is simple.",
                        "correct",
                        "Provided that the ETH is counted once, in the book or as margin.",
                        "04",
                        "proof-once",
                    ),
                    (
                        31,
                        "The short earns what spot loses, so the margin stays whole.",
                        "imprecise",
                        "The danger is the rally: the futures wallet pays, while the gain lies in "
                        "the spot wallet and secures nothing.",
                        "04",
                        "proof-rally",
                    ),
                ],
            ),
            *_of(
                "sizing",
                [
                    (
                        32,
                        "A hedge needs careful arithmetic.",
                        "correct",
                        "Indeed; see below.",
                        "03",
                        "",
                    ),
                    (
                        33,
                        "Coins of USD 5,000, 3,000 and 2,000: the exposure is USD 10,000.",
                        "imprecise",
                        "The sum is right. What has to be hedged is each holding times its beta, "
                        "and the margin if it was bought.",
                        "03",
                        "proof-exposure",
                    ),
                    (
                        34,
                        "Choose a future that follows the book closely.",
                        "correct",
                        "Make it: the most variance removed on new days, net of costs.",
                        "06",
                        "proof-which-coin",
                    ),
                    (
                        35,
                        "For large coins and DeFi take ETH.",
                        "opinion",
                        "A rule of thumb; the data decide.",
                        "06",
                        "proof-which-coin",
                    ),
                    (
                        36,
                        "For coins of one chain take that chain's future, such as SOL or AVAX.",
                        "imprecise",
                        "Then SOL or AVAX is the margin as well. See first whether the contract "
                        "exists, trades enough, and what its funding is.",
                        "03",
                        "proof-chains",
                    ),
                    (
                        37,
                        "For a mixed book of coins with little correlation BTC is safest.",
                        "imprecise",
                        "What counts is the whole book against BTC, not the coins among "
                        "themselves. Mixing can help; but where the book does not follow BTC, the "
                        "short removes little.",
                        "06",
                        "proof-mixed",
                    ),
                    (
                        38,
                        "BTC leads the market.",
                        "opinion",
                        "A size follows from moves over the same days; who moves first does not "
                        "enter.",
                        "06",
                        "proof-lead",
                    ),
                    (
                        39,
                        "The aim: the gain makes good the loss perfectly.",
                        "wrong",
                        "The aim is the least variance. Perfect needs a book that does nothing "
                        "but follow the coin.",
                        "06",
                        "proof-perfect",
                    ),
                    (
                        40,
                        "Dollars to short = dollars of spot × hedge ratio.",
                        "imprecise",
                        "The right shape, with a term missing: a bought margin comes on top.",
                        "04",
                        "proof-exposure",
                    ),
                    (
                        41,
                        "A perfect hedge has a ratio of 1.",
                        "imprecise",
                        "The best ratio is beta. It is 1 only where beta is, and perfect only "
                        "where nothing is left over.",
                        "06",
                        "proof-perfect",
                    ),
                    (
                        42,
                        "If the altcoins fall by the same percentage as ETH, the ratio is 1.",
                        "correct",
                        "That is a beta of 1; it has to be measured.",
                        "06",
                        "proof-exposure",
                    ),
                    (
                        43,
                        "An inverse contract is sized in the coin, 1 ETH for example.",
                        "wrong",
                        "Its face is a number of dollars: 1, 10 or 100.",
                        "02",
                        "cost-unit",
                    ),
                    (
                        44,
                        "ETH stands at USD 3,500, and USD 10,000 are to be short.",
                        "correct",
                        "Inputs.",
                        "03",
                        "cost-unit",
                    ),
                    (
                        45,
                        "One contract is 1 ETH, so USD 3,500.",
                        "wrong",
                        "That describes a linear contract.",
                        "02",
                        "cost-unit",
                    ),
                    (
                        46,
                        "10,000 / 3,500: about 2.857 contracts.",
                        "wrong",
                        "The division is right and gives ETH. Contracts are dollars over face, "
                        "and the price of ETH does not enter.",
                        "03",
                        "cost-unit",
                    ),
                    (
                        47,
                        "There are no fractions, so 2 or 3.",
                        "wrong",
                        "The steps are as small as the face, so what is left over is half a face "
                        "at most.",
                        "03",
                        "cost-unit",
                    ),
                    (
                        48,
                        "Round up or down by your appetite for risk.",
                        "imprecise",
                        "One of the two removes more variance: the nearer one.",
                        "03",
                        "proof-rounding",
                    ),
                ],
            ),
            *_of(
                "opening",
                [
                    (
                        49,
                        "Trade the coin-margined ETHUSD_PERP.",
                        "correct",
                        "That is Binance's inverse perpetual on ETH.",
                        "03",
                        "proof-ticket",
                    ),
                    (
                        50,
                        "Put the margin into the futures wallet first.",
                        "correct",
                        "Nothing in the spot wallet secures it.",
                        "04",
                        "",
                    ),
                    (
                        51,
                        "For an inverse ETH contract, transfer ETH.",
                        "correct",
                        "Each coin has a wallet of its own.",
                        "04",
                        "proof-ticket",
                    ),
                    (
                        52,
                        "Quantity: 2 or 3 contracts.",
                        "wrong",
                        "On the contract that is named this is next to no hedge at all.",
                        "03",
                        "cost-unit",
                    ),
                    (
                        53,
                        "Prefer cross margin, which draws on the whole balance.",
                        "imprecise",
                        "On the balance of that coin in the futures wallet. The altcoins in the "
                        "spot wallet are not part of it, unless the account pools them.",
                        "04",
                        "proof-cross",
                    ),
                    (
                        54,
                        "Cross makes liquidation unlikely unless the whole portfolio crashes.",
                        "wrong",
                        "A short is liquidated by a rise. In a crash its account grows.",
                        "04",
                        "proof-crash",
                    ),
                    (
                        55,
                        "Use 1x, so that the hedge has the size that was computed.",
                        "wrong",
                        "The number of contracts is the size. Leverage says how much margin lies "
                        "behind them, and does not enter the profit.",
                        "03",
                        "proof-leverage",
                    ),
                    (
                        56,
                        "Between the lines: 1x can always be had.",
                        "wrong",
                        "If the margin is bought and hedged too, leverage is 1 + βV / margin, so "
                        "above 1. It is 1 only once every altcoin is sold for ETH.",
                        "04",
                        "cost-one-x",
                    ),
                    (
                        57,
                        "At 10x, USD 1,000 secure USD 10,000.",
                        "correct",
                        "Size over leverage.",
                        "04",
                        "proof-ten-x",
                    ),
                    (
                        58,
                        "10x brings a short closer to liquidation.",
                        "correct",
                        "A rise of about a tenth is enough.",
                        "04",
                        "proof-ten-x",
                    ),
                ],
            ),
            *_of(
                "holding",
                [
                    (
                        59,
                        "A hedge must be watched.",
                        "correct",
                        "Its margin, its funding and its beta. Its size needs no change with the "
                        "price where beta is 1.",
                        "08",
                        "proof-rebalance",
                    ),
                    (
                        60,
                        "USD 2,000 more of one coin: enlarge the short accordingly.",
                        "imprecise",
                        "By the beta of that coin times the dollars added.",
                        "03",
                        "proof-rebalance",
                    ),
                    (
                        61,
                        "The contract's price, called basis, is above or below spot because of "
                        "funding.",
                        "wrong",
                        "Basis is the difference of two prices, not a price. And funding answers "
                        "to the premium; it does not make it.",
                        "05",
                        "proof-basis",
                    ),
                    (
                        62,
                        "A wider basis makes the hedge too strong or too weak.",
                        "imprecise",
                        "The direction is known: a short loses when the premium widens, and gains "
                        "when it closes.",
                        "05",
                        "proof-basis",
                    ),
                    (
                        63,
                        "With perpetuals you pay or receive funding, by your side.",
                        "correct",
                        "Yes.",
                        "05",
                        "cost-funding",
                    ),
                    (
                        64,
                        "Shorts pay funding when most of the market is long.",
                        "wrong",
                        "Then the rate is positive, and longs pay shorts.",
                        "05",
                        "cost-funding",
                    ),
                    (
                        65,
                        "Funding is a cost of the hedge.",
                        "wrong",
                        "The market sets its sign. At the usual rate a short receives it; in some "
                        "months it pays.",
                        "05",
                        "cost-funding-years",
                    ),
                    (
                        66,
                        "Leverage multiplies gains and losses.",
                        "imprecise",
                        "Those on the margin. The dollars that a short of a given size makes are "
                        "the same at any leverage.",
                        "04",
                        "proof-leverage",
                    ),
                    (
                        67,
                        "In a hedge the aim is less risk, not more return.",
                        "correct",
                        "Yes.",
                        "04",
                        "",
                    ),
                    (
                        68,
                        "At 1x, USD 10,000 short need USD 10,000 of ETH.",
                        "correct",
                        "Size over leverage, in ETH.",
                        "04",
                        "proof-five-x",
                    ),
                    (
                        69,
                        "ETH rises 10%: the short loses USD 1,000.",
                        "correct",
                        "In dollars. In coins it is a little less than a tenth.",
                        "02",
                        "proof-ten-percent",
                    ),
                    (
                        70,
                        "At the same time the ETH that you own loses USD 1,000 as well.",
                        "wrong",
                        "It rises. Two losses would be no hedge.",
                        "04",
                        "proof-ten-percent",
                    ),
                    (
                        71,
                        "So nothing is left of the move.",
                        "wrong",
                        "It does where that ETH is the margin and there is nothing else. With "
                        "altcoins besides, the outcome is that of no hedge.",
                        "04",
                        "proof-ten-percent",
                    ),
                    (
                        72,
                        "At 5x the margin is USD 2,000.",
                        "correct",
                        "Size over leverage.",
                        "04",
                        "proof-five-x",
                    ),
                    (
                        73,
                        "At 5x a rise of 10% takes half of the margin.",
                        "wrong",
                        "True of a linear contract. Of an inverse one it takes less: the loss in "
                        "coins is smaller, and the coins left have risen.",
                        "04",
                        "proof-five-x",
                    ),
                    (
                        74,
                        "At 5x, liquidation is much nearer.",
                        "correct",
                        "At 1x there is none in sight. The inverse short bears a larger rise than "
                        "the linear one.",
                        "04",
                        "proof-five-x",
                    ),
                    (
                        75,
                        "So aim for 1:1, by little or no leverage.",
                        "wrong",
                        "Two things in one: the ratio is set by the contracts, leverage by the "
                        "margin.",
                        "03",
                        "proof-leverage",
                    ),
                ],
            ),
            *_of(
                "advanced",
                [
                    (
                        76,
                        "Hedging 1:1 is a good start.",
                        "opinion",
                        "A matter of taste; what it costs can be computed for any beta.",
                        "06",
                        "proof-one-to-one",
                    ),
                    (
                        77,
                        "Not all altcoins move as BTC and ETH do.",
                        "correct",
                        "And no short of ETH covers the rest.",
                        "06",
                        "proof-perfect",
                    ),
                    (
                        78,
                        "The leader of a sector hedges it better than BTC does.",
                        "imprecise",
                        "If it removes more variance on new days, after costs. Sometimes it does.",
                        "06",
                        "proof-leader",
                    ),
                    (
                        79,
                        "Beta measures volatility relative to a benchmark.",
                        "wrong",
                        "It is the ratio of volatilities times the correlation; without that "
                        "factor a wild coin gets a beta that it does not have.",
                        "06",
                        "proof-beta",
                    ),
                    (
                        80,
                        "Beta is covariance over variance.",
                        "correct",
                        "With one divisor in both, the same days and the same horizon.",
                        "06",
                        "proof-beta",
                    ),
                    (
                        81,
                        "A beta of 1.5 means moves 1.5 times as large.",
                        "imprecise",
                        "On average, and with a residual around it.",
                        "06",
                        "proof-perfect",
                    ),
                    (
                        82,
                        "Spot × beta is the perfect hedge.",
                        "wrong",
                        "It leaves the least variance, which is not nil; and a bought margin comes "
                        "on top.",
                        "06",
                        "proof-beta-size",
                    ),
                    (
                        83,
                        "10,000 × 1.5 = USD 15,000.",
                        "correct",
                        "Right where the margin is not extra ETH.",
                        "06",
                        "proof-beta-size",
                    ),
                    (
                        84,
                        "That takes away all systematic risk.",
                        "imprecise",
                        "Of the one factor ETH, and if beta is what was measured. The estimate has "
                        "an error, and so has the size.",
                        "06",
                        "proof-interval",
                    ),
                    (
                        85,
                        "More collateral, better protection.",
                        "imprecise",
                        "More is better up to beta. Half too much does no more than half too "
                        "little.",
                        "06",
                        "proof-too-much",
                    ),
                    (
                        86,
                        "Basis is a part of what a hedge costs.",
                        "correct",
                        "Or of what it earns.",
                        "05",
                        "proof-basis",
                    ),
                    (
                        87,
                        "Basis is the futures price less the spot price.",
                        "correct",
                        "The convention here as well; books on commodities have it the other way "
                        "round, so say which.",
                        "05",
                        "proof-basis",
                    ),
                    (
                        88,
                        "In perpetuals, funding keeps the basis small.",
                        "correct",
                        "That is what it is for.",
                        "05",
                        "proof-close-to-spot",
                    ),
                    (
                        89,
                        "A short pays funding in a bull market, since longs pay shorts.",
                        "wrong",
                        "The second half contradicts the first, and the second is right.",
                        "05",
                        "cost-funding",
                    ),
                    (
                        90,
                        "High positive funding makes the hedge dear.",
                        "wrong",
                        "It makes the hedge pay.",
                        "05",
                        "cost-funding",
                    ),
                    (
                        91,
                        "If funding is very high, close, and reopen later.",
                        "wrong",
                        "That gives up income. Closing can pay only at a negative rate, and only "
                        "if it lasts long enough to earn back two rounds of fees.",
                        "05",
                        "proof-close-reopen",
                    ),
                    (
                        92,
                        "Without the hedge you bear a small swing in between.",
                        "wrong",
                        "Set the usual swing of those hours beside the funding avoided: it is not "
                        "small.",
                        "05",
                        "proof-close-reopen",
                    ),
                    (
                        93,
                        "Or change to an expiry, whose basis may be lower.",
                        "wrong",
                        "A short sells the premium, so it wants a higher one. Compare it with the "
                        "funding that is expected.",
                        "05",
                        "proof-expiry",
                    ),
                    (
                        94,
                        "Read about arbitrage.",
                        "opinion",
                        "Advice, with a link.",
                        "05",
                        "",
                    ),
                ],
            ),
            *_of(
                "on-and-off",
                [
                    (
                        95,
                        "To hedge is to decide on risk, not to seek profit.",
                        "correct",
                        "Though the reasons listed next are forecasts.",
                        "08",
                        "",
                    ),
                    (
                        96,
                        "Hedge when you expect a correction.",
                        "opinion",
                        "A forecast; nothing says how it is made, so it cannot be tested.",
                        "08",
                        "proof-timing",
                    ),
                    (
                        97,
                        "Hedge when you hold thinly traded coins that can cascade.",
                        "imprecise",
                        "Where the gaps are the coin's own, a short of ETH helps least. Measure "
                        "before relying on it.",
                        "06",
                        "proof-mixed",
                    ),
                    (
                        98,
                        "Hedge to lock in gains.",
                        "correct",
                        "It locks the part that moves with ETH, at the price of fees and with "
                        "funding and basis either way.",
                        "08",
                        "proof-lock",
                    ),
                    (
                        99,
                        "Stop when the perceived risk is over.",
                        "opinion",
                        "Perceived by whom, and when? Not testable.",
                        "08",
                        "proof-timing",
                    ),
                    (
                        100,
                        "Stop when you want more of the market.",
                        "correct",
                        "There is a size for any beta you want.",
                        "08",
                        "proof-target-beta",
                    ),
                    (
                        101,
                        "Stop when negative funding becomes too dear.",
                        "correct",
                        "Here the sign is right: at a negative rate the short pays. Elsewhere "
                        "the article says the opposite.",
                        "05",
                        "cost-funding",
                    ),
                    (
                        102,
                        "To close, buy back the very dollars that were sold.",
                        "imprecise",
                        "Exact for inverse contracts, where it is the same number of contracts. "
                        "With contracts of 1 ETH, as the article has them, it buys too much after "
                        "a fall.",
                        "03",
                        "proof-buy-back",
                    ),
                    (
                        103,
                        "Best done near the entry price, so that nothing is won or lost.",
                        "wrong",
                        "A hedge is right at any exit price. Entry matters to neither side.",
                        "08",
                        "proof-any-exit",
                    ),
                ],
            ),
            *_of(
                "alice",
                [
                    (
                        104,
                        "Alice owns USD 50,000 of altcoins, and hedges at a ratio of 1.",
                        "imprecise",
                        "That takes a beta of 1, which nobody has measured.",
                        "07",
                        "proof-alice-beta",
                    ),
                    (
                        105,
                        "One contract is USD 3,500.",
                        "wrong",
                        "One contract is a fixed number of dollars.",
                        "07",
                        "cost-unit",
                    ),
                    (
                        106,
                        "50,000 / 3,500 = 14.28 contracts.",
                        "wrong",
                        "Cut off rather than rounded, and in ETH rather than contracts.",
                        "07",
                        "proof-alice-count",
                    ),
                    (
                        107,
                        "14 of them are USD 49,000.",
                        "correct",
                        "In ETH it is so; real contracts need no such rounding.",
                        "07",
                        "proof-alice-count",
                    ),
                    (
                        108,
                        "The short fits the book closely.",
                        "imprecise",
                        "As to size, yes: hardly anything is lost. What is left out is far larger.",
                        "07",
                        "proof-alice-count",
                    ),
                    (
                        109,
                        "At 1x, the margin is USD 49,000 of ETH.",
                        "correct",
                        "And Alice has none. It is new money, or nearly all of her book is sold "
                        "for it.",
                        "07",
                        "proof-alice-count",
                    ),
                    (
                        110,
                        "The whole market falls by just 15%.",
                        "correct",
                        "An assumption: beta 1 and no residual.",
                        "07",
                        "proof-real-week",
                    ),
                    (
                        111,
                        "Spot loses USD 7,500.",
                        "correct",
                        "15% of the book.",
                        "07",
                        "proof-alice-fall",
                    ),
                    (
                        112,
                        "ETH loses USD 525, and stands at 2,975.",
                        "correct",
                        "15% of the price.",
                        "07",
                        "proof-alice-fall",
                    ),
                    (
                        113,
                        "The short loses USD 525 an ETH, 7,350 in all.",
                        "wrong",
                        "A short gains when the price falls.",
                        "07",
                        "proof-alice-fall",
                    ),
                    (
                        114,
                        "It is less than spot lost because the short is a little small.",
                        "correct",
                        "15% of the dollars not hedged.",
                        "07",
                        "proof-alice-fall",
                    ),
                    (
                        115,
                        "Total loss = spot loss less futures gain, or loss.",
                        "imprecise",
                        "Right for a gain; for a loss the sign has to turn.",
                        "07",
                        "proof-alice-rise",
                    ),
                    (
                        116,
                        "Net loss: USD 150.",
                        "wrong",
                        "The margin has fallen too. Bought for the purpose, it loses what the "
                        "short gains. If it came out of the book, the sum is right, and the "
                        "altcoins are nearly all gone.",
                        "07",
                        "cost-margin",
                    ),
                    (
                        117,
                        "Without the hedge she would have lost 7,500, with it only 150.",
                        "wrong",
                        "With bought margin she loses the same either way.",
                        "07",
                        "cost-margin",
                    ),
                    (
                        118,
                        "Had the market risen by 15%, she would be USD 150 up.",
                        "wrong",
                        "The subtraction is right; the bought margin has risen as well.",
                        "07",
                        "proof-alice-rise",
                    ),
                    (
                        119,
                        "The hedge has neutralised the move.",
                        "wrong",
                        "It has neutralised its own margin.",
                        "07",
                        "cost-margin",
                    ),
                ],
            ),
            *_of(
                "risks",
                [
                    (
                        120,
                        "Basis risk: the coins do better or worse than ETH.",
                        "imprecise",
                        "Textbooks count that in, as the risk of a cross hedge. The basis that the "
                        "article defined, future less spot, is a second risk beside it.",
                        "08",
                        "proof-two-risks",
                    ),
                    (
                        121,
                        "In a long rise, a short keeps paying funding.",
                        "wrong",
                        "Long rises go with positive rates, and the short receives. It pays when "
                        "shorts crowd in.",
                        "05",
                        "cost-funding-years",
                    ),
                    (
                        122,
                        "At high leverage a rally can liquidate the short.",
                        "correct",
                        "Spot is up at that moment; the harm comes when the price returns and the "
                        "hedge is gone.",
                        "04",
                        "proof-ten-x",
                    ),
                    (
                        123,
                        "A hedge costs the gains of a rally.",
                        "correct",
                        "It does. Two other places in the article say otherwise.",
                        "08",
                        "proof-both-ways",
                    ),
                    (
                        124,
                        "In sum: an insurance policy, with low leverage.",
                        "wrong",
                        "No insurance, as above. And how low leverage can be follows from book and "
                        "margin.",
                        "04",
                        "cost-one-x",
                    ),
                    (
                        125,
                        "The future is usually one on BTC or ETH.",
                        "opinion",
                        "Measure which.",
                        "06",
                        "proof-which-coin",
                    ),
                    (
                        126,
                        "Binance: 125x, on dollar-margined contracts.",
                        "imprecise",
                        "That is its linear market, in an article on inverse contracts.",
                        "03",
                        "proof-exchanges",
                    ),
                    (
                        127,
                        "Bybit has inverse and linear perpetuals.",
                        "correct",
                        "It has.",
                        "03",
                        "proof-exchanges",
                    ),
                    (
                        128,
                        "BingX and MEXC: gifts for new customers.",
                        "imprecise",
                        "Both have coin-margined contracts, which would be worth a word; the gifts "
                        "are not.",
                        "03",
                        "proof-exchanges",
                    ),
                    (
                        129,
                        "WEEX: gifts for new customers.",
                        "imprecise",
                        "No coin-margined contract was found there.",
                        "03",
                        "proof-exchanges",
                    ),
                    (
                        130,
                        "Nothing on what can go wrong at the exchange itself.",
                        "omission",
                        "Failure of the exchange, positions reduced by force, delistings, mark "
                        "against last price, one wallet for each coin, tax, a stablecoin that "
                        "loses its dollar. One of the oldest venues for inverse contracts, "
                        "BitMEX, has closed.",
                        "08",
                        "proof-closed",
                    ),
                    (
                        131,
                        "In a crash it is hard to turn altcoins into stablecoins.",
                        "opinion",
                        "Plausible, without a number. Sending margin is as hard in that hour.",
                        "08",
                        "",
                    ),
                    (
                        132,
                        "A good hedge maximises net value.",
                        "imprecise",
                        "It makes the outcome narrower. What it brings on average is carry less "
                        "costs.",
                        "08",
                        "proof-net-value",
                    ),
                ],
            ),
        ],
        key=lambda claim: claim.number,
    )
)
"""Every claim of the article, by number."""
