#include "control/ledger.h"

#include <algorithm>
#include <set>

#include "control/resources.h"

namespace starling {
namespace {

constexpr Duration kAwardMemory = 30s;  // longer than any duplicate is under way
constexpr std::size_t kPromisesMax = 1000;

Resources larger(const Resources& a, const Resources& b) {
  return {std::max(a.cpu_millis, b.cpu_millis), std::max(a.memory_bytes, b.memory_bytes),
          std::max(a.gpus, b.gpus)};
}

int how_many_fit(const Resources& one, const Resources& room, int most) {
  int count = 0;
  while (count < most && fits(times(one, count + 1), room)) ++count;
  return count;
}

}  // namespace

double price_per_hour(const NodeInfo& node, const Resources& size) {
  const double cores = static_cast<double>(size.cpu_millis) / 1000;
  const double gib = static_cast<double>(size.memory_bytes) / static_cast<double>(1LL << 30);
  const double gpus = node.price_per_gpu_hour * static_cast<double>(size.gpus);
  if (node.price_per_gib_hour > 0) {
    return node.price_per_cpu_hour * cores + node.price_per_gib_hour * gib + gpus;
  }
  constexpr double kGibPerCore = 4;
  return node.price_per_cpu_hour * (cores + gib / kGibPerCore) / 2 + gpus;
}

Resources Ledger::free() const {
  Resources left = node_.capacity();
  const auto take = [&](const Resources& r) { left = difference(left, r); };
  for (const auto& [id, replica] : replicas_) {
    const auto before = resizing_.find(id);
    take(before == resizing_.end() ? replica.resources : larger(replica.resources, before->second));
  }
  for (const auto& [id, buyer] : buyers_) take(buyer.rest);
  for (const auto& [request, promise] : promises_)
    take(times(promise.request.resources, promise.count));
  for (const Sold& sold : sold_) take(sold.resources);
  return left;
}

std::string Ledger::any_of(const std::vector<std::string>& others) const {
  for (const auto& [id, replica] : replicas_) {
    if (std::find(others.begin(), others.end(), replica.model) != others.end())
      return replica.model;
  }
  return "";
}

/// The lowest numbers that no replica has.
std::vector<int> Ledger::free_devices(std::int64_t count) const {
  std::set<int> taken;
  for (const auto& [id, replica] : replicas_)
    taken.insert(replica.devices.begin(), replica.devices.end());
  std::vector<int> found;
  for (int device = 0; device < node_.gpus && static_cast<std::int64_t>(found.size()) < count;
       ++device) {
    if (!taken.contains(device)) found.push_back(device);
  }
  return found;
}

bool Ledger::warm(const std::string& model) const {
  return ran_.contains(model) || any_of({model}) == model;
}

void Ledger::sell(const std::string& id, const std::string& buyer, const Resources& size) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  buyers_.erase(id);
  Resources its = found->second.resources;
  if (const auto before = resizing_.find(id); before != resizing_.end())
    its = larger(its, before->second);
  const Resources rest = difference(larger(its, size), its);
  buyers_[id] = {buyer, fits(rest, free()) ? rest : Resources{0, 0}};
}

void Ledger::remove(const std::string& id, TimePoint now) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  if (const auto buyer = buyers_.find(id); buyer != buyers_.end()) {
    sold_.push_back(
        {buyer->second.model, sum(found->second.resources, buyer->second.rest), now + kSoldRoom});
    buyers_.erase(buyer);
  }
  ran_[found->second.model] = now + kWarm;
  resizing_.erase(id);
  replicas_.erase(found);
}

Bid Ledger::bid(const BidRequest& request, TimePoint now) {
  expire(now);
  Bid bid{request.request, node_.name, 0, price_per_hour(node_, request.resources), ""};
  bid.warm = warm(request.model);
  if (const auto found = promises_.find(request.request); found != promises_.end()) {
    bid.count = found->second.count;
    return bid;
  }
  const auto& clouds = request.clouds;
  if (!clouds.empty() && std::find(clouds.begin(), clouds.end(), node_.cloud) == clouds.end()) {
    bid.reason = fmt::format("cloud {} is not among the allowed ones", node_.cloud);
    return bid;
  }
  if (accepted_.contains(request.request) || promises_.size() >= kPromisesMax) {
    bid.reason = "request already settled, or too many open promises";
    return bid;
  }
  const auto others = std::stable_partition(
      sold_.begin(), sold_.end(), [&](const Sold& sold) { return sold.model != request.model; });
  std::vector<Sold> own(others, sold_.end());
  sold_.erase(others, sold_.end());
  const Resources room = free();
  bid.count = how_many_fit(request.resources, room, request.count);
  if (bid.count < request.count) {
    bid.reason = fmt::format("{}m CPU and {} MiB free", room.cpu_millis, room.memory_bytes >> 20);
    if (request.resources.gpus > 0)
      bid.reason += fmt::format(", {} of {} GPUs", room.gpus, node_.gpus);
  }
  if (bid.count > 0) {
    promises_[request.request] = {request, bid.count, now + kPromise, std::move(own)};
  } else {
    sold_.insert(sold_.end(), own.begin(), own.end());
  }
  return bid;
}

AwardReply Ledger::accept(const Award& award, const ModelSpec& spec, TimePoint now) {
  expire(now);
  if (const auto found = accepted_.find(award.request); found != accepted_.end())
    return found->second.reply;
  AwardReply reply{award.request, node_.name, award.model, {}, ""};
  const auto promise = promises_.find(award.request);
  if (promise == promises_.end() || promise->second.request.model != award.model) {
    reply.refusal = "the promise has expired";
    return reply;
  }
  const Resources size = promise->second.request.resources;
  const int count = std::min(award.count, promise->second.count);
  const std::vector<Sold> sold = std::move(promise->second.sold);
  promises_.erase(promise);
  if (count < award.count) reply.refusal = fmt::format("only {} were promised", count);
  for (int i = 0; static_cast<int>(reply.started.size()) < count; ++i) {
    ReplicaStatus replica;
    replica.id = fmt::format("{}-{}-{:x}-{}", award.model, node_.name,
                             static_cast<std::uint64_t>(now.time_since_epoch().count()), i);
    if (replicas_.contains(replica.id)) continue;  // of another award in the same microsecond
    replica.model = award.model;
    replica.node = node_.name;
    replica.generation = award.generation;
    replica.resources = size;
    replica.devices = free_devices(size.gpus);
    replica.concurrency = spec.concurrency;
    replica.started = now;
    replicas_[replica.id] = replica;
    reply.started.push_back(replica);
  }
  keep_again(beyond(times(size, count), sold));
  accepted_[award.request] = {reply, now};
  return reply;
}

Resources Ledger::promised_size(const std::string& request) const {
  const auto found = promises_.find(request);
  return found == promises_.end() ? Resources{0, 0} : found->second.request.resources;
}

/// Those of the rooms that a buyer which takes so much leaves: it takes one after the other.
std::vector<Ledger::Sold> Ledger::beyond(const Resources& taken, const std::vector<Sold>& sold) {
  Resources given{0, 0};
  auto next = sold.begin();
  for (; next != sold.end() && !fits(taken, given); ++next) given = sum(given, next->resources);
  return {next, sold.end()};
}

void Ledger::keep_again(const std::vector<Sold>& sold) {
  for (const Sold& one : sold) {
    // The promise may have been of a smaller replica, and others may have taken the rest.
    if (fits(one.resources, free())) sold_.push_back(one);
  }
}

void Ledger::take_back(const std::string& request) {
  const auto promise = promises_.find(request);
  if (promise == promises_.end()) return;
  const std::vector<Sold> sold = std::move(promise->second.sold);
  promises_.erase(promise);
  keep_again(sold);
}

void Ledger::expire(TimePoint now) {
  // The buyer, whose bid or award may have been lost, asks again.
  std::vector<Sold> lapsed;
  std::erase_if(promises_, [&](const auto& entry) {
    const Promise& promise = entry.second;
    if (promise.expires > now) return false;
    lapsed.insert(lapsed.end(), promise.sold.begin(), promise.sold.end());
    return true;
  });
  keep_again(lapsed);
  std::erase_if(sold_, [&](const Sold& sold) { return sold.expires <= now; });
  std::erase_if(ran_, [&](const auto& entry) { return entry.second <= now; });
  std::erase_if(accepted_,
                [&](const auto& entry) { return entry.second.at + kAwardMemory <= now; });
}

bool Ledger::resize(const std::string& id, const Resources& resources) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return false;
  const Resources& held = found->second.resources;
  if (resources.gpus != held.gpus || !fits(resources, sum(free(), held))) return false;
  resizing_.emplace(id, held);
  found->second.resources = resources;
  return true;
}

void Ledger::undo_resize(const std::string& id, const Resources& before) {
  resizing_.erase(id);
  if (const auto found = replicas_.find(id); found != replicas_.end())
    found->second.resources = before;
}

ReplicaStatus* Ledger::find(const std::string& id) {
  const auto found = replicas_.find(id);
  return found == replicas_.end() ? nullptr : &found->second;
}

}  // namespace starling
