// What should run, replicated over the nodes' NATS servers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/ports.h"
#include "transport/nats_connection.h"

namespace starling {

/// The JetStream key-value bucket starling-<fleet>-specs: key a model's name, value the JSON of its
/// spec. The bucket is created as soon as the servers can (a cluster needs a majority of them).
/// Every call ends within about two seconds a step; a write that timed out may or may not have
/// happened, so it is read back, and the message says so when that is not possible either.
class NatsSpecStore : public SpecStore {
 public:
  static constexpr std::size_t kSpecBytesMax = 256 << 10;
  using Watcher = std::function<void(std::vector<StoredSpec> all)>;

  /// `replicas`: 1, 3 or 5 servers that keep a copy each; none: 3, or 1 where NATS says that it has
  /// too few servers for that. Counts for a new bucket; one that is there keeps its own. Does not
  /// wait for the bucket. Error: kInvalid for a fleet name that cannot be part of a subject, or
  /// another number of replicas.
  static Result<std::unique_ptr<NatsSpecStore>> create(std::shared_ptr<NatsConnection> connection,
                                                       const std::string& fleet,
                                                       std::optional<int> replicas);

  /// Calls back on a thread of the store's with all specs, first when they could be read and then
  /// after every change. An entry that cannot be read keeps its last good value. One watcher; set
  /// it once.
  virtual void watch(Watcher watcher) = 0;
  /// When the watching thread last knew the specs to be the store's; nothing before the first time.
  virtual std::optional<TimePoint> last_contact() const = 0;
};

}  // namespace starling
