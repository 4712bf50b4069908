"""Which floor each public name is on; a test holds this against the floors' own lists."""

from __future__ import annotations

__all__ = ["FLOOR_OF", "MODULES"]

MODULES = ("course", "live", "market", "paths", "replay", "report", "rules", "show")

_NAMES = {
    "errors": """
        HedgeError InfeasibleHedge InvalidInput NotEnoughData NothingToHedge PortfolioFileError
        UnknownCoin UnknownContract UnknownParameter UnsupportedContract VenueError
    """,
    "contracts": """
        ContractTerms Ledger inverse_average_entry inverse_break_even_price inverse_fee_coin
        inverse_funding_coin inverse_notional_coin inverse_pnl_coin inverse_pnl_usd
        linear_average_entry linear_break_even_price linear_fee_usd linear_funding_usd
        linear_notional_usd linear_pnl_usd round_contracts run_ledger
    """,
    "margin": """
        MarginTiers cross_wallet_coin inverse_bankruptcy_price inverse_initial_margin_coin
        inverse_liquidation_price inverse_maintenance_margin_coin
        inverse_tiered_liquidation_price leverage_allowed linear_bankruptcy_price
        linear_initial_margin_usd linear_liquidation_price linear_maintenance_margin_usd
        liquidation_distance liquidation_price margin_tiers
    """,
    "carry": """
        AnnualFunding AnnualisedBasis BreakEven ExpiryLock FundingIncome PerpOrExpiry
        ShortWithBasis annualise_funding annualised_basis basis basis_usd
        close_reopen_break_even deannualise_funding deribit_funding_rate expiry_lock
        fair_price_usd funding_cap funding_income funding_rate interest_rate_component
        inverse_funding_total_coin inverse_short_with_basis limit_funding_step
        linear_funding_total_usd perp_or_expiry premium_index unhedged_sigma_usd
        weighted_premium
    """,
    "returns": """
        HorizonReturns horizon_returns log_returns simple_returns
    """,
    "beta": """
        BetaEstimate KalmanBeta MultiBeta RollingBeta ShrunkBeta beta_se blume correlation
        downside_beta ewma_beta kalman_beta multi_beta newey_west_lags ols_beta portfolio_beta
        rolling_beta vasicek
    """,
    "ratio": """
        MinimumVarianceHedge NotionalInterval OutOfSample change_beta_contracts diversified_r2
        effectiveness_from_ratio hedge_effectiveness minimum_variance_hedge minimum_variance_ratio
        notional_interval out_of_sample_effectiveness ratio_in_notionals ratio_in_units
        unit_hedge_contracts volatility_reduction
    """,
    "choice": """
        Candidate HedgeChoice rank_hedges walk_forward_residual
    """,
    "coins": """
        CoinReading read_coin ticker_of
    """,
    "portfolio": """
        Holding Portfolio read_portfolio
    """,
    "plan": """
        ASSUMED_MAINTENANCE_RATE HedgePlan Leg PlanChange Rebalance change_plan
        hedge_notional plan_hedge plan_legs rebalance smallest_collateral unwind
    """,
    "scenario": """
        MovePnl Scenario coin_account move_pnl run_scenario
    """,
}

FLOOR_OF = {name: floor for floor, names in _NAMES.items() for name in names.split()}
