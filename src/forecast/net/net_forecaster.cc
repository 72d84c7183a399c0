// Implements forecast/net/net_forecaster.h.
#include "forecast/net/net_forecaster.h"

#include "forecast/net/inference.h"

namespace starling {

struct NetForecaster::Impl {
  net::Networks networks;
  std::string method;
};

Result<std::unique_ptr<NetForecaster>> NetForecaster::load(const std::filesystem::path& artifact) {
  const auto read = read_artifact(artifact);
  if (!read) return fail(read.error());
  return std::make_unique<NetForecaster>(*read);
}

NetForecaster::NetForecaster(const ForecasterArtifact& artifact) {
  net::use_one_thread();
  impl_ = std::make_unique<Impl>(Impl{net::Networks(artifact), "net-" + artifact.version()});
}

NetForecaster::~NetForecaster() = default;

std::string NetForecaster::name() const { return "net"; }

Result<std::vector<Forecast>> NetForecaster::forecast(std::span<const HistoryView> histories,
                                                      int horizon) const {
  if (auto valid = net::check_histories(histories, horizon); !valid) return fail(valid.error());
  std::vector<std::optional<Encoded>> encoded;
  encoded.reserve(histories.size());
  for (const HistoryView& history : histories) {
    encoded.push_back(impl_->networks.read(history));
  }
  auto forecasts = net::forecast_all(impl_->networks, histories, encoded, horizon, impl_->method);
  if (auto filled = net::fill_with_ses(histories, horizon, forecasts); !filled) {
    return fail(filled.error());
  }
  return forecasts;
}

}  // namespace starling
