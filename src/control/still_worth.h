// What is left for a model of its part in a round of the exchange by the time of its decision.
#pragma once

#include "control/decision.h"
#include "control/market.h"
#include "policy/market/exchange.h"

namespace starling {

/// What a round, settled by the values of the decision before, leaves of use by those of now: what
/// came since, and what is promised, is worth no second time. `promised`: replicas bought and still
/// to come; `most`: replicas that the model may have in all.
MarketPart still_worth(const MarketPart& part, const Decision& now, int promised, int most,
                       const ExchangeOptions& options);

}  // namespace starling
