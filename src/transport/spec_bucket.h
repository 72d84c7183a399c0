// The key-value bucket itself: bytes by key, compare-and-set, and what JetStream's errors mean.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "transport/nats_connection.h"

namespace starling {

struct BucketEntry {
  std::string key;
  std::string value;
  std::uint64_t revision = 0;
  bool deleted = false;
};

using StreamInfoPtr = std::unique_ptr<jsStreamInfo, NatsDelete<jsStreamInfo_Destroy>>;

/// A JetStream key-value bucket without history. Thread safe.
class SpecBucket {
 public:
  static Result<std::unique_ptr<SpecBucket>> create(std::shared_ptr<NatsConnection> connection,
                                                    std::string bucket,
                                                    std::optional<int> replicas);
  ~SpecBucket();
  SpecBucket(const SpecBucket&) = delete;

  /// Makes sure that the bucket is there. Error: kUnavailable.
  Status ensure();
  /// Writes `value`, or a delete marker without it, if the key's last entry is `expected` (0: none,
  /// a delete marker counts as none); without `expected` in any case. Returns the new revision.
  /// Errors: kConflict, kUnavailable.
  Result<std::uint64_t> write(const std::string& key, const std::optional<std::string>& value,
                              std::optional<std::uint64_t> expected);
  /// The last entry of the key, as a majority knows it; nothing when there never was one.
  Result<std::optional<BucketEntry>> last(const std::string& key);
  /// The last entry of every key, delete markers included: nothing older than what a majority knew
  /// at the call.
  Result<std::vector<BucketEntry>> all();
  /// Grows with every change of any key.
  Result<std::uint64_t> last_revision();
  /// The subject of all keys.
  std::string subject(const std::string& key = ">") const { return "$KV." + bucket_ + "." + key; }

 private:
  SpecBucket(std::shared_ptr<NatsConnection> connection, std::string bucket,
             std::optional<int> replicas)
      : connection_(std::move(connection)), bucket_(std::move(bucket)), replicas_(replicas) {}

  natsStatus make_stream();
  natsStatus stream_info(StreamInfoPtr& info);
  Result<std::uint64_t> publish(const std::string& key, const std::optional<std::string>& value,
                                std::optional<std::uint64_t> expected);
  Result<std::vector<BucketEntry>> read_entries();
  /// The revision of a change that nobody confirmed, if it happened; nothing: not so far. Errors:
  /// conflict, where another change came; unavailable, where nobody can tell.
  Result<std::optional<std::uint64_t>> find_unconfirmed(const std::string& key,
                                                        const std::optional<std::string>& value,
                                                        std::optional<std::uint64_t> expected);

  std::shared_ptr<NatsConnection> connection_;
  std::string bucket_;
  std::optional<int> replicas_;
  jsCtx* js_ = nullptr;
  std::atomic<bool> ensured_ = false;
};

}  // namespace starling
