"""The contract to hedge with: the one asked for, or the venue's on the coin that tracks best."""

from __future__ import annotations

from hedgelib import market
from hedgelib.contracts import ContractTerms
from hedgelib.errors import InvalidInput, NotEnoughData, UnknownCoin, UnknownContract
from hedgelib.portfolio import Portfolio
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import TWO_LEGS, ReportParameters
from hedgelib.report.sample import Sample

BENCHMARKS = ("BTC", "ETH")
"""Hedge coins that every report considers."""

_DEFAULT_VENUE = "binance"
_WHICHEVER = "set benchmark to BTC or ETH, whichever the betas in the file are to"


def asked_for(parameters: ReportParameters, data: market.Market) -> ContractTerms | None:
    """Return the contract asked for, or None where the best benchmark is."""
    if parameters.contract == "auto":
        if parameters.benchmark in ("auto", TWO_LEGS):
            return None
        return perpetual(parameters, parameters.benchmark, data)
    venue = None if parameters.venue == "auto" else parameters.venue
    contract = data.contract(parameters.contract, venue)
    if parameters.benchmark not in ("auto", contract.coin):
        raise InvalidInput(
            f"benchmark is {parameters.benchmark} but {contract.id} is on {contract.coin}; "
            "set one of them and leave the other at auto"
        )
    if contract.coin not in data.coins:
        raise UnknownCoin(
            f"{contract.id} is on {contract.coin}, of which there are no prices to estimate a beta "
            f"with; choose a contract on one of {', '.join(data.coins)}"
        )
    return contract


def _venue(parameters: ReportParameters) -> str:
    if parameters.venue != "auto":
        return parameters.venue
    return parameters.live or _DEFAULT_VENUE


def _perpetuals(parameters: ReportParameters, data: market.Market) -> dict[str, ContractTerms]:
    """Return the venue's inverse perpetuals that can be traded, by coin."""
    found: dict[str, ContractTerms] = {}
    for terms in data.contracts(venue=_venue(parameters), open_only=True):
        if terms.kind == "inverse" and terms.expiry is None:
            if terms.coin in found:
                raise UnknownContract(
                    f"{terms.venue} has two inverse perpetuals on {terms.coin}; set contract to "
                    f"{found[terms.coin].id} or {terms.id}"
                )
            found[terms.coin] = terms
    return found


def perpetual(parameters: ReportParameters, coin: str, data: market.Market) -> ContractTerms:
    """Return the venue's inverse perpetual on a coin."""
    offered = _perpetuals(parameters, data)
    if coin in offered:
        return offered[coin]
    there = ", ".join(terms.id for terms in offered.values())
    raise UnknownContract(
        f"no inverse perpetual on {coin} at {_venue(parameters)} that can be traded"
        + (f"; there are {there}: set benchmark or contract" if there else "; set another venue")
    )


def _check_betas(book: Portfolio) -> None:
    """Refuse a beta to nobody knows which coin, where the coin is still to be chosen."""
    bare = [h.coin for h in book if h.beta and not dict(h.betas_to).keys() >= set(BENCHMARKS)]
    if bare:
        raise InvalidInput(
            f"benchmark auto would take the beta of {printable(bare[0])} in the file for one to "
            f"whichever coin it picks; {_WHICHEVER}, or name the columns beta_btc and beta_eth"
        )


def choose(
    parameters: ReportParameters,
    contract: ContractTerms | None,
    sample: Sample,
    data: market.Market,
    shorted: set[str],
) -> tuple[ContractTerms, str]:
    """Settle on a contract, and say why its coin in a sentence; a short that is on keeps a tie."""
    judged = sample.judged()
    if contract is not None:
        coin = contract.coin
        why = "the contract asked for is on it" if parameters.contract != "auto" else ""
        reason = f"{coin}, because {why or 'it was asked for'}."
        better = next(iter(judged), coin)
        if better != coin:
            verdict = "is a tie" if judged[coin].tied else "would have removed more"
            reason += (
                f" {better} {verdict}: out of sample {judged[better].effectiveness:.0%} of the "
                f"variance, and {coin} {judged[coin].effectiveness:.0%}."
            )
        return contract, reason
    if not judged:
        raise NotEnoughData(
            f"benchmark {parameters.benchmark} compares price histories, and no coin of the book "
            "is left to its history: each has a beta in the file, or no history that serves; "
            f"{_WHICHEVER}"
        )
    _check_betas(sample.book)
    offered = _perpetuals(parameters, data)
    best = next(iter(judged))
    ranked = [(coin, one) for coin, one in judged.items() if coin in offered]
    if not ranked:
        perpetual(parameters, best, data)
    (coin, first), *others = ranked
    took = (
        f"out of sample, with the beta known at the time, a hedge with {coin} removed "
        f"{first.effectiveness:.0%} of the variance"
    )
    if coin != best:
        return offered[coin], (
            f"{coin}, because {offered[coin].venue} has no inverse perpetual on {best}, which "
            f"would have removed {judged[best].effectiveness:.0%} of the variance; {took}."
        )
    if not others:
        return offered[coin], f"{coin}, because {took}."
    second, other = others[0]
    pair = f"{took}, one with {second} {other.effectiveness:.0%}"
    if not (first.tied and other.tied):
        return offered[coin], (
            f"{coin}, because it removed more: {pair}. The difference has a 95% interval of "
            f"{_points(other.behind_low)} to {_points(other.behind_high)} percentage points."
        )
    one = max((first, other), key=lambda each: each.behind)
    held = {each: sample.book.value_of(each) for each in (coin, second)}
    if shorted & held.keys() == {second}:
        coin, second, first, other = second, coin, other, first
        pair = (
            f"out of sample, with the beta known at the time, a hedge with {coin} removed "
            f"{first.effectiveness:.0%} of the variance, one with {second} "
            f"{other.effectiveness:.0%}"
        )
    settled = (
        f"your position is in {coin}"
        if shorted & held.keys() == {coin}
        else f"the book holds more {coin}"
        if held[coin] != held[second]
        else f"a hedge with {coin} costs about as much or less, and its market is the deeper one"
    )
    return offered[coin], (
        f"{coin}, though the data do not tell it from {second}: {pair}. That is a tie: the "
        f"difference has a 95% interval of {_points(one.behind_low)} to "
        f"{_points(one.behind_high)} percentage points, and {one.name} was the better one in "
        f"{one.chance:.0%} of the draws. {settled[0].upper()}{settled[1:]}, which settles it."
    )


def _points(share: float) -> str:
    return f"{share * 100:+.0f}".replace("-", "\N{MINUS SIGN}")
