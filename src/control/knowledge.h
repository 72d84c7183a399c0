// What an agent knows, as its parts read it.
#pragma once

#include <string>

#include "control/ledger.h"
#include "control/membership.h"
#include "control/spec_book.h"
#include "control/succession.h"

namespace starling {

/// Of a new replica: as the model's owner last told where the spec leaves it to the owner, else the
/// spec's own. `told` may be null.
Resources size_of(const ModelSpec& spec, const ModelSummary* told);

/// Refers to what one agent holds, and lives no longer than it.
struct Knowledge {
  const Ledger& books;
  const Membership& members;
  const SpecBook& specs;
  const Succession& line;

  const std::string& self() const { return books.node().name; }
  /// The last word of the model's owner; null before the first, and where the owner is gone.
  const ModelSummary* summary_of(const std::string& model) const;
};

}  // namespace starling
