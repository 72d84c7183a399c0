#include "control/succession.h"

#include <algorithm>
#include <utility>

#include "control/ownership.h"

namespace starling {
namespace {

/// With many models a change of members is looked at no sooner after the last one than this for
/// each model: deaths that are heard of one after the other are dealt with together.
constexpr Duration kPauseAModel = 5us;
constexpr std::size_t kManyModels = 10'000;

}  // namespace

const std::vector<std::string>& Succession::of(const std::string& model) const {
  static const std::vector<std::string> none;
  const auto found = ranks_.find(model);
  return found == ranks_.end() ? none : found->second;
}

bool Succession::owns(const std::string& node, const std::string& model) const {
  const auto& order = of(model);
  return !order.empty() && order.front() == node;
}

bool Succession::in_line(const std::string& node, const std::string& model) const {
  const auto& order = of(model);
  return std::find(order.begin(), order.end(), node) != order.end();
}

std::optional<Succession::Ranks> Succession::update(const SpecBook& specs,
                                                    const Membership& members, TimePoint now) {
  const auto& deciding = members.deciding();
  const bool bounded = members.bounded_ownership();
  if (!stale_ && deciding == members_ && bounded == bounded_) return std::nullopt;
  const auto count = static_cast<std::int64_t>(specs.size());
  const Duration pause = specs.size() > kManyModels ? count * kPauseAModel : Duration{};
  if (!stale_ && now < ranked_at_ + pause) return std::nullopt;
  ranked_at_ = now;
  std::vector<std::string> models;
  for (const auto& [name, stored] : specs.all()) models.push_back(name);
  ranking_.update(models, deciding);
  members_ = deciding;
  bounded_ = bounded;
  stale_ = false;
  return std::exchange(ranks_, bounded ? bounded_owners(ranking_) : unbounded_owners(ranking_));
}

}  // namespace starling
