// Who decides for each model and who is next in line, as members and models come and go.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/membership.h"
#include "control/ranking.h"
#include "control/spec_book.h"

namespace starling {

class Succession {
 public:
  using Ranks = std::map<std::string, std::vector<std::string>>;  // by model

  /// [0] owns the model, [1], if there is one, is next in line. Empty for an unknown model.
  const std::vector<std::string>& of(const std::string& model) const;
  const Ranks& all() const { return ranks_; }
  /// Whether the node decides for the model.
  bool owns(const std::string& node, const std::string& model) const;
  /// Whether it decides for it or is next in line.
  bool in_line(const std::string& node, const std::string& model) const;

  /// Models have come or gone.
  void outdate() { stale_ = true; }
  /// Ranks anew where models or the members that decide have changed: models at once, members,
  /// where there are many models, no sooner than a while after the last time. The ranks before,
  /// where it did.
  std::optional<Ranks> update(const SpecBook& specs, const Membership& members, TimePoint now);

 private:
  Ranking ranking_;                   // what nodes each model prefers
  Ranks ranks_;                       // made for …
  std::vector<std::string> members_;  // … these
  bool bounded_ = true;               // … by the bounded rule
  bool stale_ = true;
  TimePoint ranked_at_{};
};

}  // namespace starling
