// The account of the fleet that an agent keeps current for others to read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "control/fleet_view.h"
#include "control/knowledge.h"

namespace starling {

/// Bringing it up to date costs what changed, not the fleet: two views take turns, so that one can
/// be changed while others, in other threads, read the other.
class FleetAccount {
 public:
  explicit FleetAccount(const Knowledge& known) : known_(known) {}

  /// Of these members or models something may be new.
  void note(const Membership::Changes& changes);
  /// Who is in line for the model has changed.
  void note_line(const std::string& model);
  /// Models have come or gone.
  void note_models();

  /// The whole fleet, made anew.
  FleetView view(TimePoint now, bool settled, std::uint64_t commands_fenced) const;
  /// The same, kept current, as long as whoever got the last but one has let go of it by then;
  /// otherwise it is copied.
  std::shared_ptr<const FleetView> update(TimePoint now, bool settled,
                                          std::uint64_t commands_fenced);

 private:
  struct Account {
    std::shared_ptr<FleetView> view;
    Membership::Changes changes;  // since it was up to date
    bool stale = true;            // names of members or models have come or gone
  };

  ModelView view_of(const StoredSpec& stored) const;
  /// False where a name has come or gone: it has to be made anew.
  bool take_in(const Membership::Changes& changes, FleetView& view) const;

  const Knowledge& known_;
  std::array<Account, 2> accounts_;
  std::size_t last_ = 0;
};

}  // namespace starling
