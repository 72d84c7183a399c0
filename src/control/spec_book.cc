#include "control/spec_book.h"

namespace starling {

void SpecBook::set(std::vector<StoredSpec> specs) {
  specs_.clear();
  rejecting_.clear();
  for (auto& stored : specs) {
    std::string name = stored.spec.name;
    if (stored.spec.admission == Admission::kReject) rejecting_.insert(name);
    specs_.emplace(std::move(name), std::move(stored));
  }
  apart_ = kept_apart(specs_);
  known_ = true;
}

const StoredSpec* SpecBook::find(const std::string& model) const {
  const auto found = specs_.find(model);
  return found == specs_.end() ? nullptr : &found->second;
}

}  // namespace starling
