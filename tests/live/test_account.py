"""The position at a venue: read with the owner's keys, which nobody else sees."""

from __future__ import annotations

import io
import traceback
from contextlib import redirect_stderr, redirect_stdout

import pytest

from hedgelib.desk.position import Fill
from hedgelib.errors import InvalidInput, VenueError
from hedgelib.live.account import read_account
from tests.venuetools import Clock, Fault

KEY, SECRET = "K3y-of-the-owner", "S3cret-of-the-owner"


@pytest.fixture
def keys(monkeypatch):
    for venue in ("BINANCE", "BYBIT"):
        monkeypatch.setenv(f"HEDGELIB_{venue}_KEY", KEY)
        monkeypatch.setenv(f"HEDGELIB_{venue}_SECRET", SECRET)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("venue", "symbol"), [("binance", "{}USD_PERP"), ("bybit", "{}USD")])
def test_the_account_of_a_venue_is_its_positions_and_balances(serve, venue, symbol):
    served = serve(venue)
    served.venue.positions = {"BTC": (-120, 61_000.5), "ETH": (30, 3_000.0)}
    served.venue.balances = {"BTC": 0.25, "ETH": 4.0}
    fills = read_account(venue, pace=Clock().pace())
    assert fills == (
        Fill(
            contract=f"{venue}:{symbol.format('BTC')}",
            contracts=-120,
            entry_usd=61_000.5,
            wallet=0.25,
        ),
        Fill(contract=f"{venue}:{symbol.format('ETH')}", contracts=30, entry_usd=3_000, wallet=4.0),
    )
    assert served.venue.signed


@pytest.mark.usefixtures("keys")
def test_a_wallet_without_a_position_is_known_too(bybit):
    bybit.venue.balances = {"BTC": 0.5}
    (fill,) = read_account("bybit", pace=Clock().pace())
    assert (fill.contract, fill.contracts, fill.wallet) == ("bybit:BTCUSD", 0, 0.5)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", path="positionRisk", status=401, body=f'{{"code": -2015, "msg": "{KEY}"}}'),
        Fault("status", path="positionRisk", status=400, body=f'{{"code": -2014, "msg": "{KEY}"}}'),
        Fault("instead", path="positionRisk", body='{"code": 1}'),
    ],
)
def test_no_error_has_the_keys(binance, fault):
    binance.venue.faults = [fault]
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out), pytest.raises(VenueError) as caught:
        read_account("binance", pace=Clock().pace())
    said = out.getvalue() + "".join(traceback.format_exception(caught.value))
    assert "check the keys in HEDGELIB_BINANCE_KEY and HEDGELIB_BINANCE_SECRET" in said
    assert "signature" not in said
    for secret in (KEY, SECRET):
        assert secret not in said
    assert caught.value.__context__ is None


def test_keys_that_are_missing_are_named(bybit, monkeypatch):
    monkeypatch.delenv("HEDGELIB_BYBIT_KEY", raising=False)
    with pytest.raises(InvalidInput, match="position account needs HEDGELIB_BYBIT_KEY in the env"):
        read_account("bybit", pace=Clock().pace())
    assert not bybit.venue.requests
