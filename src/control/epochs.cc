#include "control/epochs.h"

#include <fmt/format.h>

#include "control/ownership.h"

namespace starling {
namespace {

constexpr int kOwnerBits = 32;
constexpr std::uint64_t kOwnerMask = (1ULL << kOwnerBits) - 1;
constexpr std::uint64_t kAheadMax = 1'000'000;

std::uint64_t takeovers(Epoch epoch) { return epoch >> kOwnerBits; }

}  // namespace

Epoch epoch_above(Epoch heard, const std::string& life) {
  return ((takeovers(heard) + 1) << kOwnerBits) | (stable_hash(life) & kOwnerMask);
}

bool plausible(Epoch epoch, Epoch known) {
  return takeovers(epoch) <= takeovers(known) + kAheadMax;
}

std::string epoch_text(Epoch epoch) {
  return fmt::format("{}-{:08x}", takeovers(epoch), epoch & kOwnerMask);
}

Epochs::Record& Epochs::record(const std::string& model) {
  const auto [found, added] = records_.try_emplace(model);
  if (added) found->second.since = ++begun_;
  return found->second;
}

void Epochs::hear(const std::string& model, Epoch epoch) {
  if (epoch == 0) return;
  Record& known = record(model);
  if (epoch > known.heard && plausible(epoch, known.heard)) known.heard = epoch;
}

std::optional<std::string> Epochs::obey(const std::string& model, const std::string& owner,
                                        Epoch epoch) {
  if (epoch == 0) return std::nullopt;
  Record& known = record(model);
  if (!plausible(epoch, known.heard))
    return fmt::format("epoch {} of {} is far beyond all that were heard, {}", epoch_text(epoch),
                       owner, epoch_text(known.heard));
  if (epoch < known.obeyed)
    return fmt::format("epoch {} of {} is over: {} was obeyed in epoch {}", epoch_text(epoch),
                       owner, known.owner, epoch_text(known.obeyed));
  hear(model, epoch);
  known.obeyed = epoch;
  known.owner = owner;
  return std::nullopt;
}

Epoch Epochs::highest(const std::string& model) const {
  const Record* known = find(model);
  return known == nullptr ? 0 : known->heard;
}

Epoch Epochs::obeyed(const std::string& model) const {
  const Record* known = find(model);
  return known == nullptr ? 0 : known->obeyed;
}

const Epochs::Record* Epochs::find(const std::string& model) const {
  const auto found = records_.find(model);
  return found == records_.end() ? nullptr : &found->second;
}

}  // namespace starling
