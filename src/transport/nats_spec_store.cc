#include "transport/nats_spec_store.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/complaints.h"
#include "base/json.h"
#include "base/log.h"
#include "transport/spec_bucket.h"

namespace starling {
namespace {

// Changes announce themselves; the regular look finds what happened during a disconnection, and
// shows that the store is still there.
constexpr Duration kLookEvery = 1s;
constexpr Duration kLookSoon = 50ms;
constexpr int kLooksAfterAnnouncement = 6;
constexpr Duration kStopLatency = 50ms;

Result<ModelSpec> parse(const BucketEntry& entry) {
  const auto json = parse_json(entry.value);
  if (json.is_discarded()) return fail(ErrorCode::kInvalid, "not JSON, or nested too deep");
  return model_spec_from_json(json);
}

class NatsSpecStoreImpl final : public NatsSpecStore {
 public:
  NatsSpecStoreImpl(std::shared_ptr<NatsConnection> connection, std::unique_ptr<SpecBucket> bucket)
      : connection_(std::move(connection)), bucket_(std::move(bucket)) {}

  ~NatsSpecStoreImpl() override {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  Result<std::uint64_t> put(const ModelSpec& spec, std::optional<std::uint64_t> expected) override {
    if (auto status = check_subject_part("model", spec.name); !status) return fail(status.error());
    const std::string bytes =
        to_json(spec).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (bytes.size() > kSpecBytesMax) {
      return fail(ErrorCode::kTooLarge, "the spec of {} has {} bytes, at most {} are kept",
                  spec.name, bytes.size(), kSpecBytesMax);
    }
    return bucket_->write(spec.name, bytes, expected);
  }

  Status remove(const std::string& name, std::optional<std::uint64_t> expected) override {
    if (auto status = check_subject_part("model", name); !status) return status;
    if (auto status = bucket_->ensure(); !status) return status;
    const auto entry = bucket_->last(name);
    if (!entry) return fail(entry.error());
    if (!*entry || (*entry)->deleted)
      return fail(ErrorCode::kNotFound, "there is no model {}", name);
    if (auto written = bucket_->write(name, std::nullopt, expected); !written)
      return fail(written.error());
    return {};
  }

  Result<std::vector<StoredSpec>> list() override {
    const auto entries = bucket_->all();
    if (!entries) return fail(entries.error());
    return read(*entries, {});
  }

  void watch(Watcher watcher) override {
    thread_ = std::thread([this, watcher = std::move(watcher)] { follow(watcher); });
  }

  std::optional<TimePoint> last_contact() const override {
    const std::lock_guard lock(mutex_);
    return last_contact_;
  }

 private:
  using SpecsByName = std::map<std::string, StoredSpec>;

  /// An entry that cannot be read must not look like a removed model, so it keeps its `earlier`
  /// value.
  static std::vector<StoredSpec> read(const std::vector<BucketEntry>& entries,
                                      const SpecsByName& earlier) {
    std::vector<StoredSpec> specs;
    for (const auto& entry : entries) {
      if (entry.deleted) continue;
      const auto spec = parse(entry);
      const auto kept = earlier.find(entry.key);
      if (spec) {
        specs.push_back({*spec, entry.revision});
      } else {
        spdlog::error("the stored spec of {} (revision {}) cannot be read: {}", entry.key,
                      entry.revision, spec.error().message);
        if (kept != earlier.end()) specs.push_back(kept->second);
      }
    }
    std::sort(specs.begin(), specs.end(),
              [](const StoredSpec& a, const StoredSpec& b) { return a.spec.name < b.spec.name; });
    return specs;
  }

  void follow(const Watcher& watcher) {
    NatsSubscriptionPtr announcements;
    Complaints complaints;
    std::optional<std::uint64_t> seen;  // the store's last revision that the watcher knows
    SpecsByName specs;
    int looks_soon = 0;
    while (!stopping_) {
      if (announcements == nullptr) {
        const auto status = subscribe(announcements);
        if (complaints.is_new(status)) spdlog::warn("{}", status.error().message);
      }
      const auto revision = bucket_->last_revision();
      const bool current = revision && seen == *revision;
      if (current || (revision && tell(watcher, specs, seen))) touch();
      // An announcement comes before its write is committed, so the change may show a little later.
      if (wait_for_announcement(announcements.get(), looks_soon > 0 ? kLookSoon : kLookEvery)) {
        looks_soon = kLooksAfterAnnouncement;
      } else if (looks_soon > 0) {
        --looks_soon;
      }
    }
  }

  bool tell(const Watcher& watcher, SpecsByName& specs, std::optional<std::uint64_t>& seen) {
    const auto entries = bucket_->all();
    if (!entries) return false;
    auto all = read(*entries, specs);
    specs.clear();
    for (const auto& stored : all) specs[stored.spec.name] = stored;
    seen = 0;
    for (const auto& entry : *entries) seen = std::max(*seen, entry.revision);
    watcher(std::move(all));
    return true;
  }

  /// Every write to the bucket passes here too, also one that the store then refuses.
  Status subscribe(NatsSubscriptionPtr& announcements) {
    natsSubscription* subscription = nullptr;
    const auto subject = bucket_->subject();
    const auto status =
        natsConnection_SubscribeSync(&subscription, connection_->get(), subject.c_str());
    announcements.reset(subscription);
    if (status == NATS_OK) return {};
    return fail(ErrorCode::kUnavailable,
                "cannot subscribe to {} ({}): changed specs are noticed a little later, by looking",
                subject, natsStatus_GetText(status));
  }

  /// Waits for `longest` at most, and less when the store is being destroyed.
  bool wait_for_announcement(natsSubscription* announcements, Duration longest) {
    for (Duration waited{}; waited < longest && !stopping_; waited += kStopLatency) {
      natsMsg* raw = nullptr;
      const auto status = announcements == nullptr
                              ? (nats_Sleep(kStopLatency / 1ms), NATS_TIMEOUT)
                              : natsSubscription_NextMsg(&raw, announcements, kStopLatency / 1ms);
      const NatsMessagePtr message(raw);
      if (status == NATS_OK) return true;
      if (status != NATS_TIMEOUT) nats_Sleep(kStopLatency / 1ms);
    }
    return false;
  }

  void touch() {
    const std::lock_guard lock(mutex_);
    last_contact_ = clock_.now();
  }

  std::shared_ptr<NatsConnection> connection_;
  std::unique_ptr<SpecBucket> bucket_;
  SystemClock clock_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::optional<TimePoint> last_contact_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<NatsSpecStore>> NatsSpecStore::create(
    std::shared_ptr<NatsConnection> connection, const std::string& fleet,
    std::optional<int> replicas) {
  if (auto status = check_subject_part("fleet", fleet); !status) return fail(status.error());
  if (replicas && replicas != 1 && replicas != 3 && replicas != 5) {
    return fail(ErrorCode::kInvalid, "the spec store cannot have {} replicas: 1, 3 or 5",
                *replicas);
  }
  auto bucket = SpecBucket::create(connection, "starling-" + fleet + "-specs", replicas);
  if (!bucket) return fail(bucket.error());
  return std::make_unique<NatsSpecStoreImpl>(std::move(connection), std::move(*bucket));
}

}  // namespace starling
