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
  bool owns(const std::string& node, const std::string& model) const;
  bool in_line(const std::string& node, const std::string& model) const;

  /// Models have come or gone.
  void outdate() { stale_ = true; }
  /// Ranks anew where models or the members that decide have changed, though not at once after the
  /// last time where there are many models. The ranks before, where it did.
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
