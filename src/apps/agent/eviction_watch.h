// Watches for the notice that a cloud will take the node back.
#pragma once

#include <filesystem>

#include "control/agent.h"

namespace starling::agent {

/// The notice is a file that appears: clouds differ in how they tell, so a script that asks theirs
/// makes it. From then on the node drains until its agent starts anew without the file; the
/// operator's own mark stays as it was.
class EvictionWatch {
 public:
  /// Without a path there is nothing to watch.
  explicit EvictionWatch(std::filesystem::path notice) : notice_(std::move(notice)) {}

  /// To be called with every tick of the agent.
  Effects look(Agent& core, TimePoint now);

 private:
  std::filesystem::path notice_;
  bool seen_ = false;
};

}  // namespace starling::agent
