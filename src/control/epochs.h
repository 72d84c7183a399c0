// Which of several owners of a model a node obeys: the one of the highest epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace starling {

/// Numbers the owners of one model, as a fencing token does. The upper 32 bits count takeovers, the
/// lower 32 tell apart owners that took over without hearing of each other, by their name and
/// incarnation: so no two share an epoch, and all epochs of a model are in one order. 0: of an
/// agent that knows no epochs.
using Epoch = std::uint64_t;

/// An owner's epoch above `heard`. `life`: its node's name and incarnation.
Epoch epoch_above(Epoch heard, const std::string& life);

/// Whether `epoch` may follow `known`. Nobody gets ahead by a million takeovers: what claims so is
/// damaged, and taken at its word it would lock out every owner.
bool plausible(Epoch epoch, Epoch known);

/// "12-3f2a1b04": takeovers and owner.
std::string epoch_text(Epoch epoch);

/// What one node knows of the epochs of the models that there are: a few words a model, forgotten
/// with it.
class Epochs {
 public:
  struct Record {
    Epoch heard = 0;          // the highest, in whatever message
    Epoch obeyed = 0;         // the highest of a command that was carried out …
    std::string owner;        // … and whose it is
    std::uint64_t since = 0;  // counts the records that this node has begun
  };

  /// An owner was heard of, which need not mean that it is to be obeyed.
  void hear(const std::string& model, Epoch epoch);
  /// To be asked before a command is carried out. Nothing: do it; the epoch is noted. Otherwise the
  /// refusal's reason. An epoch of 0 is neither refused nor noted.
  std::optional<std::string> obey(const std::string& model, const std::string& owner, Epoch epoch);

  /// 0 where nothing was heard, or obeyed.
  Epoch highest(const std::string& model) const;
  Epoch obeyed(const std::string& model) const;
  const Record* find(const std::string& model) const;

  /// Forgets all models that `kept` denies.
  template <typename Kept>
  void forget_unless(const Kept& kept) {
    std::erase_if(records_, [&](const auto& entry) { return !kept(entry.first); });
  }

 private:
  Record& record(const std::string& model);

  std::unordered_map<std::string, Record> records_;
  std::uint64_t begun_ = 0;
};

}  // namespace starling
