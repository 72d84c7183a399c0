// Clouds on one machine: each node in a network namespace of its own, whose links can be cut,
// slowed and made to lose packets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/backbone.h"

namespace starling::system_test {

struct NetworkNode {
  std::string name;   // "aws-1"
  std::string cloud;  // "aws"
  std::string space;  // its network namespace
  std::string address;
};

/// A bridge for each cloud; the backbone joins them. All of it goes with the object.
class CloudNetwork {
 public:
  /// Errors: why this machine can't have one (no right to make namespaces, no iproute2).
  static Result<std::unique_ptr<CloudNetwork>> create(const std::vector<std::string>& clouds,
                                                      int nodes_each);
  ~CloudNetwork();
  CloudNetwork(const CloudNetwork&) = delete;
  CloudNetwork& operator=(const CloudNetwork&) = delete;

  const std::vector<NetworkNode>& nodes() const { return nodes_; }

  /// What happens to frames between clouds from now on; by default they all arrive at once.
  void set(Backbone::Weather weather) { backbone_.set(std::move(weather)); }

 private:
  CloudNetwork() = default;
  Status build(const std::vector<std::string>& clouds, int nodes_each);
  Status add_cloud(const std::string& cloud, int number, int nodes_each);
  Status add_space(const std::string& space);

  std::string prefix_;
  Backbone backbone_;
  std::vector<std::string> spaces_;
  std::vector<NetworkNode> nodes_;
};

/// Puts the calling thread into the namespace, for good; false where it can't.
bool enter(const std::string& space);
/// Runs it on a thread of its own within the namespace.
void within(const std::string& space, const std::function<void()>& work);

}  // namespace starling::system_test
