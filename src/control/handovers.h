// What those in line for a model hand to one another: the one that has just come into line asks the
// other for the model's past, and an owner tells the next in line what it has learned.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "control/demand_book.h"
#include "control/effects.h"
#include "control/knowledge.h"
#include "control/owner.h"

namespace starling {

/// Of the models that a node decides for.
using Owners = std::map<std::string, ModelOwner>;

class Handovers {
 public:
  Handovers(const Knowledge& known, DemandBook& demands, Owners& owners)
      : known_(known), demands_(demands), owners_(owners) {}

  /// Who is in line has changed: for models that it is in line for newly this node will ask, and
  /// it forgets those that it is not in line for any more.
  void on_line(const Succession::Ranks& before, TimePoint now);
  /// Of each tick, before anything else: only so many requests are answered in one.
  void begin_tick() { answered_ = 0; }
  /// Asks and tells what is due.
  void on_tick(TimePoint now, Effects& out);
  /// Answers one that is in line, so many in a tick.
  void on_request(const HandoverRequest& request, Effects& out);
  /// Takes in what this node does not know better itself.
  void on_handover(const Handover& handover, TimePoint now, Effects& out);
  /// The learner has given an owned model other weights of its own, or taken them away (empty).
  Effects on_adapted(const std::string& model, std::string film, TimePoint now);
  /// What the owner here knew of its replicas' size, as it goes.
  void keep(const std::string& model, std::optional<SizerRecord> sizer);
  /// The new owner here goes on from what was learned of the model before.
  void inherit(const std::string& model, Effects& out);

 private:
  /// Of a model that this node has come into line for and whose past it has not seen.
  struct Asking {
    TimePoint at{};  // next
    int asked = 0;
  };
  /// What owners have learned, as told to those in line.
  struct Learned {
    std::string film;
    std::optional<SizerRecord> sizer;
    TimePoint tell_at{};              // this node's, of a model that it owns
    std::optional<DecidedSize> told;  // of such a model, to the next in line
  };

  const std::string* other_in_line(const std::string& model) const;
  Handover handover(const std::string& model, bool past) const;
  int ask(TimePoint now, Effects& out);
  void tell(int sent, TimePoint now, Effects& out);

  const Knowledge& known_;
  DemandBook& demands_;
  Owners& owners_;
  std::map<std::string, Asking> asking_;
  std::map<std::string, Learned> learned_;
  int answered_ = 0;  // in this tick
};

}  // namespace starling
