#include "transport/spec_bucket.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/log.h"

namespace starling {
namespace {

constexpr std::int64_t kWaitMs = 1500;
constexpr std::chrono::milliseconds kListeningPause{100};
constexpr std::chrono::milliseconds kMakingPause{20};
constexpr int kLooks = 50;
constexpr int kReadAttempts = 10;
constexpr int kWrongLastRevision = 10071;  // JSStreamWrongLastSequenceErrF

using StorePtr = std::unique_ptr<kvStore, NatsDelete<kvStore_Destroy>>;
using WatcherPtr = std::unique_ptr<kvWatcher, NatsDelete<kvWatcher_Destroy>>;
using EntryPtr = std::unique_ptr<kvEntry, NatsDelete<kvEntry_Destroy>>;
using AckPtr = std::unique_ptr<jsPubAck, NatsDelete<jsPubAck_Destroy>>;

/// The key-value API marks a deletion with this header on an empty message.
constexpr const char* kOperation = "KV-Operation";

bool is_delete_marker(natsMsg* message) {
  const char* operation = nullptr;
  return natsMsgHeader_Get(message, kOperation, &operation) == NATS_OK && operation != nullptr &&
         std::strcmp(operation, "PUT") != 0;
}

std::string text_of(natsMsg* message) {
  const char* bytes = natsMsg_GetData(message);
  return bytes == nullptr
             ? ""
             : std::string(bytes, static_cast<std::size_t>(natsMsg_GetDataLength(message)));
}

std::uint64_t newest_revision(const std::vector<BucketEntry>& entries) {
  std::uint64_t newest = 0;
  for (const auto& entry : entries) newest = std::max(newest, entry.revision);
  return newest;
}

/// A single server shows a stream before it has given it its store, without a time of creation. Who
/// reads from it then ends the server (nats-server 2.9).
bool is_made(const jsStreamInfo& info) { return info.Created != 0; }

/// What the server said where it said something, and the status otherwise.
std::string words_of(natsStatus status) {
  const char* words = status == NATS_ERR ? nats_GetLastError(nullptr) : nullptr;
  return words == nullptr ? natsStatus_GetText(status) : words;
}

/// A leader goes on answering after it has lost the others; what it says is current only while it
/// hears from a majority.
bool has_majority(const jsStreamInfo& info) {
  if (info.Cluster == nullptr) return true;              // a single server
  constexpr std::int64_t kSilentMax_ns = 5'000'000'000;  // followers answer every second
  int heard = 1;                                         // the leader itself
  for (int i = 0; i < info.Cluster->ReplicasLen; ++i) {
    const jsPeerInfo& peer = *info.Cluster->Replicas[i];
    heard += !peer.Offline && peer.Active < kSilentMax_ns;
  }
  return 2 * heard > info.Cluster->ReplicasLen + 1;
}

tl::unexpected<Error> changed_meanwhile(const std::string& key) {
  return fail(ErrorCode::kConflict, "{} was changed meanwhile: read it again and repeat the change",
              key);
}

tl::unexpected<Error> unreadable(natsStatus status) {
  return fail(ErrorCode::kUnavailable,
              "the spec store cannot be read ({}): a majority of its NATS servers must be up",
              natsStatus_GetText(status));
}

}  // namespace

Result<std::unique_ptr<SpecBucket>> SpecBucket::create(std::shared_ptr<NatsConnection> connection,
                                                       std::string bucket,
                                                       std::optional<int> replicas) {
  std::unique_ptr<SpecBucket> created(
      new SpecBucket(std::move(connection), std::move(bucket), replicas));
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = kWaitMs;
  const auto status =
      natsConnection_JetStream(&created->js_, created->connection_->get(), &options);
  if (status != NATS_OK)
    return fail(ErrorCode::kInternal, "JetStream: {}", natsStatus_GetText(status));
  return created;
}

SpecBucket::~SpecBucket() { jsCtx_Destroy(js_); }

Status SpecBucket::ensure() {
  std::string problem = "its stream is still being made";
  bool refused = false;
  for (int look = 0; !ensured_ && look < kLooks; ++look) {
    StreamInfoPtr info;
    auto status = stream_info(info);
    if (status == NATS_OK && is_made(*info)) {
      ensured_ = true;
    } else if (status == NATS_OK) {
      std::this_thread::sleep_for(kMakingPause);
    } else if (status == NATS_NOT_FOUND && !refused) {
      // Of several agents that make the stream at once all but one may be refused. Whether it is
      // there then, the next look tells.
      status = make_stream();
      refused = status != NATS_OK;
      if (refused) problem = words_of(status);
    } else {
      if (!refused) problem = words_of(status);
      break;
    }
  }
  if (ensured_) return {};
  return fail(ErrorCode::kUnavailable,
              "the spec store {} has no quorum ({}): a majority of its NATS servers must be up",
              bucket_, problem);
}

natsStatus SpecBucket::stream_info(StreamInfoPtr& info) {
  const std::string stream = "KV_" + bucket_;
  jsStreamInfo* raw = nullptr;
  const auto status = js_GetStreamInfo(&raw, js_, stream.c_str(), nullptr, nullptr);
  info.reset(raw);
  return status;
}

/// A key-value bucket is a stream of this shape (NATS ADR-8). The client's js_CreateKeyValue would
/// make the same one, but does not tell a server that has too few peers from one that has no leader
/// yet.
natsStatus SpecBucket::make_stream() {
  const std::string name = "KV_" + bucket_, subjects = subject();
  const char* all = subjects.c_str();
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Subjects = &all;
  config.SubjectsLen = 1;
  config.MaxMsgsPerSubject = 1;
  config.Discard = js_DiscardNew;
  config.Storage = js_FileStorage;
  config.AllowRollup = config.DenyDelete = config.AllowDirect = true;
  config.Replicas = replicas_.value_or(3);
  jsErrCode code = static_cast<jsErrCode>(0);
  const auto status = js_AddStream(nullptr, js_, &config, nullptr, &code);
  const bool too_few_servers = code == JSStreamReplicasNotSupportedErr ||
                               code == JSClusterNoPeersErr || code == JSInsufficientResourcesErr;
  if (status == NATS_OK || replicas_ || !too_few_servers) return status;
  spdlog::warn(
      "NATS at {} has fewer than three servers with JetStream up ({}): it keeps one copy of the "
      "specs; to insist on three, set nats.copies",
      connection_->url(), nats_GetLastError(nullptr));
  config.Replicas = 1;
  return js_AddStream(nullptr, js_, &config, nullptr, nullptr);
}

Result<std::uint64_t> SpecBucket::write(const std::string& key,
                                        const std::optional<std::string>& value,
                                        std::optional<std::uint64_t> expected) {
  if (!connection_->connected()) {
    return fail(ErrorCode::kUnavailable,
                "the change of {} was not made: no connection to NATS at {}", key,
                connection_->url());
  }
  if (auto status = ensure(); !status) return fail(status.error());
  auto written = publish(key, value, expected);
  if (written || written.error().code != ErrorCode::kConflict || expected != 0) return written;
  // "None" and a delete marker are the same to the caller, but not to JetStream.
  const auto marker = last(key);
  if (!marker || !*marker || !(*marker)->deleted) return written;
  return publish(key, value, (*marker)->revision);
}

Result<std::uint64_t> SpecBucket::publish(const std::string& key,
                                          const std::optional<std::string>& value,
                                          std::optional<std::uint64_t> expected) {
  // A stream that was made moments ago, by another agent perhaps, may lose a message or have nobody
  // listen. So what is not confirmed soon, and has not happened, is tried again.
  constexpr int kAttempts = 3;
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = kWaitMs / kAttempts;
  if (expected == 0) options.ExpectNoMessage = true;
  if (expected) options.ExpectLastSubjectSeq = *expected;

  natsMsg* raw = nullptr;
  const std::string bytes = value.value_or("");
  auto status = natsMsg_Create(&raw, subject(key).c_str(), nullptr, bytes.data(),
                               static_cast<int>(bytes.size()));
  const NatsMessagePtr message(raw);
  if (status == NATS_OK && !value) status = natsMsgHeader_Set(message.get(), kOperation, "DEL");
  for (int attempt = 0; status == NATS_OK && attempt < kAttempts; ++attempt) {
    jsPubAck* ack = nullptr;
    jsErrCode code = static_cast<jsErrCode>(0);
    const auto answer = js_PublishMsg(&ack, js_, message.get(), &options, &code);
    const AckPtr owned(ack);
    if (answer == NATS_OK) return owned->Sequence;
    const bool wrong_revision = static_cast<int>(code) == kWrongLastRevision;
    if (wrong_revision && attempt == 0) return changed_meanwhile(key);
    if (answer != NATS_TIMEOUT && answer != NATS_NO_RESPONDERS &&
        answer != NATS_CONNECTION_DISCONNECTED && !wrong_revision) {
      status = answer;
      break;
    }
    // What conflicts now may be an earlier attempt that came through after all.
    const auto happened = find_unconfirmed(key, value, expected);
    if (!happened) return fail(happened.error());
    if (*happened) return **happened;
    if (wrong_revision) return changed_meanwhile(key);
    if (answer == NATS_NO_RESPONDERS) std::this_thread::sleep_for(kListeningPause);
  }
  if (status != NATS_OK) {
    return fail(ErrorCode::kUnavailable,
                "the change of {} was not made, the spec store has no quorum ({})", key,
                natsStatus_GetText(status));
  }
  ensured_ = false;  // perhaps nobody has the stream, or nobody may lead it
  return fail(ErrorCode::kUnavailable,
              "no quorum confirmed the change of {} in time, and the spec store does not have it "
              "so far: look again in a few seconds",
              key);
}

Result<std::optional<std::uint64_t>> SpecBucket::find_unconfirmed(
    const std::string& key, const std::optional<std::string>& value,
    std::optional<std::uint64_t> expected) {
  const auto now = last(key);
  if (!now) {
    return fail(ErrorCode::kUnavailable,
                "no quorum: the spec store did not confirm the change of {}; it may or may not "
                "have happened: look again when a majority of the NATS servers is back",
                key);
  }
  const auto& entry = *now;
  const bool moved = entry && entry->revision > expected.value_or(0);
  if (moved && entry->deleted == !value && entry->value == value.value_or(""))
    return entry->revision;
  if (moved && expected) return changed_meanwhile(key);
  return std::nullopt;
}

Result<std::optional<BucketEntry>> SpecBucket::last(const std::string& key) {
  const std::string stream = "KV_" + bucket_;
  natsMsg* raw = nullptr;
  jsErrCode code = static_cast<jsErrCode>(0);
  const auto status =
      js_GetLastMsg(&raw, js_, stream.c_str(), subject(key).c_str(), nullptr, &code);
  const NatsMessagePtr message(raw);
  if (status == NATS_NOT_FOUND && code == JSNoMessageFoundErr) return std::nullopt;
  if (status != NATS_OK) {
    if (status == NATS_NOT_FOUND) ensured_ = false;
    return unreadable(status);
  }
  return BucketEntry{.key = key,
                     .value = text_of(message.get()),
                     .revision = natsMsg_GetSequence(message.get()),
                     .deleted = is_delete_marker(message.get())};
}

Result<std::uint64_t> SpecBucket::last_revision() {
  if (auto status = ensure(); !status) return fail(status.error());
  StreamInfoPtr info;
  const auto status = stream_info(info);
  if (status == NATS_OK && !has_majority(*info)) {
    return fail(ErrorCode::kUnavailable,
                "the spec store has no quorum: a majority of its NATS servers must be up");
  }
  if (status == NATS_OK) return info->State.LastSeq;
  if (status == NATS_NOT_FOUND) ensured_ = false;
  return unreadable(status);
}

Result<std::vector<BucketEntry>> SpecBucket::all() {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const auto revision = last_revision();
    if (!revision) return fail(revision.error());
    auto entries = read_entries();
    if (!entries) return entries;
    // The reading consumer may live on a server that lags behind. The store's last entry is always
    // its key's last.
    if (newest_revision(*entries) >= *revision) return entries;
    nats_Sleep(20);
  }
  return fail(ErrorCode::kUnavailable, "the spec store's servers are catching up: try again");
}

Result<std::vector<BucketEntry>> SpecBucket::read_entries() {
  kvStore* raw_store = nullptr;
  auto status = js_KeyValue(&raw_store, js_, bucket_.c_str());
  const StorePtr store(raw_store);
  if (status == NATS_NOT_FOUND) ensured_ = false;
  if (status != NATS_OK) return unreadable(status);
  kvWatchOptions options;
  kvWatchOptions_Init(&options);
  options.Timeout = kWaitMs;
  kvWatcher* raw_watcher = nullptr;
  status = kvStore_WatchAll(&raw_watcher, store.get(), &options);
  const WatcherPtr watcher(raw_watcher);
  if (status != NATS_OK) return unreadable(status);
  std::vector<BucketEntry> entries;
  while (true) {
    kvEntry* raw = nullptr;
    status = kvWatcher_Next(&raw, watcher.get(), kWaitMs);
    const EntryPtr entry(raw);
    if (status != NATS_OK) return unreadable(status);
    if (!entry) return entries;  // the end of what was there
    const auto* bytes = static_cast<const char*>(kvEntry_Value(entry.get()));
    entries.push_back(
        {.key = kvEntry_Key(entry.get()),
         .value = std::string(bytes, static_cast<std::size_t>(kvEntry_ValueLen(entry.get()))),
         .revision = kvEntry_Revision(entry.get()),
         .deleted = kvEntry_Operation(entry.get()) != kvOp_Put});
  }
}

}  // namespace starling
