#include "control/codec_cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "control/cells.h"
#include "control/codec_node.h"
#include "control/codec_replica.h"
#include "control/codec_summary.h"
#include "control/digest.h"

namespace starling::codec {
namespace {

constexpr std::size_t kCharsANode = 4;  // state and age, then the content's bits
// The first of them says how long ago it was heard, in tenths of a second, or one of these.
constexpr int kAgeMax = 60;
constexpr int kSuspect = 61;
constexpr int kDead = 62;
constexpr int kLeft = 63;

constexpr std::size_t kChangedMax = 4096;  // of each kind; no node runs or owns so many
constexpr std::size_t kTurnFieldsMin = 2;
constexpr std::size_t kReplicaFields = 16;

/// Of the number of the field in a list, so that a whole object can be read.
constexpr std::array<const char*, kReplicaFields> kReplicaKeys{
    "id",          "model",        "generation",  "state",   "address",    "cpu",
    "memory",      "gpu",          "concurrency", "started", "cold_start", "cpu_cores",
    "memory_used", "memory_kills", "epoch",       "devices"};

/// How the ids of one node's replicas are written in a change of it. They are made of the model,
/// the node, the time in hexadecimal microseconds and a number, see Ledger. As text without the
/// first two where the model is said beside it; packed as MODEL*NUMBER*TIME, TIME in base 64, and
/// without what is said beside it. No name has an asterisk.
class Ids {
 public:
  explicit Ids(const std::string& node) : node_("-" + node + "-") {}

  /// `model` and `started` are said beside it.
  std::string shorter(const std::string& id, const std::string& model, TimePoint started,
                      WireForm form) const {
    if (model.empty() || !id.starts_with(model + node_)) return id;
    if (form == WireForm::kPacked) {
      if (auto packed = packed_of(id, model.size(), started)) return packed->substr(model.size());
    }
    return id.substr(model.size() + node_.size() - 1);
  }
  /// Nothing is said beside it.
  std::string shorter(const std::string& id, WireForm form) const {
    const std::size_t at = id.rfind(node_);
    if (form == WireForm::kText || at == std::string::npos) return id;
    return packed_of(id, at, TimePoint{}).value_or(id);
  }
  std::string whole(const std::string& id, const std::string& model = {},
                    TimePoint started = {}) const {
    const std::size_t number = id.find('*'), time = id.rfind('*');
    std::string whole = id;
    if (number != std::string::npos) {
      const std::string_view digits = std::string_view(id).substr(time + 1);
      const auto micros =
          digits.empty() ? static_cast<std::uint64_t>(since_epoch(started)) : of_digits(digits);
      if (time == number || !micros || node_.find('*') != std::string::npos ||
          !is_number(std::string_view(id).substr(number + 1, time - number - 1)))
        throw Malformed("id of a replica: expected MODEL*NUMBER*TIME, time in base 64");
      whole = fmt::format("{}{}{:x}-{}", number == 0 ? model : id.substr(0, number), node_, *micros,
                          id.substr(number + 1, time - number - 1));
    } else if (id.starts_with('-') && !model.empty()) {
      whole = model + node_ + id.substr(1);
    }
    if (whole.size() > kTextMax)
      throw Malformed(fmt::format("id of a replica: longer than {} bytes", kTextMax));
    return whole;
  }

 private:
  static std::int64_t since_epoch(TimePoint time) { return time.time_since_epoch().count(); }
  static bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  /// With the model, which is `model` long; nothing where the id is not made so.
  std::optional<std::string> packed_of(const std::string& id, std::size_t model,
                                       TimePoint started) const {
    const char* first = id.data() + model + node_.size();
    const char* last = id.data() + id.size();
    std::uint64_t micros = 0;
    const auto [end, error] = std::from_chars(first, last, micros, 16);
    if (error != std::errc{} || end == last || *end != '-' ||
        !is_number({end + 1, static_cast<std::size_t>(last - end - 1)}) ||
        id.find('*') != std::string::npos || id.size() > kTextMax)
      return std::nullopt;  // node_ has no asterisk either: the id begins with it
    const bool said = micros == static_cast<std::uint64_t>(since_epoch(started));
    std::string packed = fmt::format("{}*{}*{}", id.substr(0, model), std::string(end + 1, last),
                                     said ? "" : in_digits(micros));
    // Leading zeros and the like would be lost.
    return whole(packed, "", started) == id ? std::optional(std::move(packed)) : std::nullopt;
  }

  std::string node_;
};

Json write_replica(const ReplicaStatus& s, const Ids& ids, WireForm form) {
  const auto started = s.started.time_since_epoch().count();
  Json list{ids.shorter(s.id, s.model, s.started, form),
            s.model,
            shortest(s.generation, form),
            static_cast<int>(s.state),
            s.address,
            s.resources.cpu_millis,
            s.resources.memory_bytes,
            s.resources.gpus,
            s.concurrency,
            started >= 0 ? shortest(static_cast<std::uint64_t>(started), form) : Json(started),
            s.cold_start.count(),
            s.cpu_cores,
            s.memory_bytes,
            s.memory_kills,
            s.epoch};
  if (!s.devices.empty()) list.push_back(s.devices);
  return list;
}

ReplicaStatus read_replica_of(const std::string& node, const Ids& ids, const Json& json) {
  list_of(json, "replica", kReplicaFields - 1, kReplicaFields);
  Json whole{{"node", node}};
  for (std::size_t i = 0; i < json.size(); ++i) whole[kReplicaKeys[i]] = json[i];
  const Reader r(whole);
  whole["generation"] = r.unsigned64_or_digits("generation");
  if (whole["started"].is_string()) whole["started"] = r.unsigned64_or_digits("started");
  whole["id"] = ids.whole(r.text("id"), r.text("model"), r.time("started"));
  whole["resources"] = {{"cpu", whole["cpu"]}, {"memory", whole["memory"]}, {"gpu", whole["gpu"]}};
  return read_replica(whole);
}

Json write_turn(const ReplicaTurn& t, const Ids& ids, WireForm form) {
  Json list{ids.shorter(t.id, form), static_cast<int>(t.state)};
  if (!t.address.empty() || t.cold_start != Duration{}) {
    list.push_back(t.address);
    list.push_back(t.cold_start.count());
  }
  return list;
}

ReplicaTurn read_turn(const Ids& ids, const Json& json) {
  list_of(json, "turned replica", kTurnFieldsMin, 2 * kTurnFieldsMin);
  Json whole{{"id", json[0]}, {"state", json[1]}};
  if (json.size() == 2 * kTurnFieldsMin) {
    whole["address"] = json[2];
    whole["cold_start"] = json[3];
  }
  const Reader r(whole);
  ReplicaTurn turn;
  turn.id = ids.whole(r.text("id"));
  turn.state =
      static_cast<ReplicaState>(r.count("state", static_cast<int>(ReplicaState::kDraining)));
  if (r.has("address")) turn.address = r.text("address");
  if (r.has("cold_start")) turn.cold_start = Duration(r.count("cold_start"));
  return turn;
}

/// Only what is not as in an account that says nothing.
Json write_account(const ModelSummary& s) {
  static const Json nothing = write(ModelSummary{});
  Json account = write(s);
  for (const auto& [key, value] : nothing.items()) {
    if (account[key] == value) account.erase(key);
  }
  return account;
}

ModelSummary read_account(const Json& json) {
  static const Json nothing = write(ModelSummary{});
  if (!json.is_object()) throw Malformed("owned: expected objects");
  Json whole = nothing;
  whole.update(json);
  return read_summary(whole);
}

int first_digit(const NodeDigest& n) {
  switch (n.state) {
    case MemberState::kSuspect:
      return kSuspect;
    case MemberState::kDead:
      return kDead;
    case MemberState::kLeft:
      return kLeft;
    case MemberState::kAlive:
      break;
  }
  return static_cast<int>(std::clamp<std::int64_t>((n.heard + 99ms) / 100ms, 0, kAgeMax));
}

NodeDigest read_node_digest(std::string_view digits) {
  std::uint32_t numbers[kCharsANode];
  for (std::size_t i = 0; i < kCharsANode; ++i) {
    const auto value = kDigits.find(digits[i]);
    if (value == std::string_view::npos)
      throw Malformed(fmt::format("field 'nodes': '{}' is none of its digits", digits[i]));
    numbers[i] = static_cast<std::uint32_t>(value);
  }
  NodeDigest n;
  n.content = numbers[1] << 12 | numbers[2] << 6 | numbers[3];
  switch (numbers[0]) {
    case kSuspect:
      n.state = MemberState::kSuspect;
      break;
    case kDead:
      n.state = MemberState::kDead;
      break;
    case kLeft:
      n.state = MemberState::kLeft;
      break;
    default:
      n.heard = numbers[0] * 100ms;
  }
  return n;
}

}  // namespace

Json write(const Change& m, WireForm form) {
  const Ids ids(m.node);
  Json json{{"kind", "change"},
            {"of", {m.node, shortest(m.incarnation, form), m.sequence, m.since}}};
  if (m.free) json["free"] = {m.free->cpu_millis, m.free->memory_bytes, m.free->gpus};
  for (const auto& replica : m.replicas)
    json["replicas"].push_back(write_replica(replica, ids, form));
  for (const auto& turn : m.turned) json["turned"].push_back(write_turn(turn, ids, form));
  for (const auto& id : m.gone) json["gone"].push_back(ids.shorter(id, form));
  for (const auto& summary : m.owned) json["owned"].push_back(write_account(summary));
  if (!m.disowned.empty()) json["disowned"] = m.disowned;
  if (m.without_specs) json["without_specs"] = true;
  if (m.scheduling != Scheduling::kOpen) json["scheduling"] = static_cast<int>(m.scheduling);
  return json;
}

Change read_change(const Reader& r) {
  const Json& of = list_of(r.at("of"), "field 'of'", 4, 4);
  const Json head{{"node", of[0]}, {"life", of[1]}, {"sequence", of[2]}, {"since", of[3]}};
  const Reader h(head);
  Change m;
  m.node = h.text("node");
  m.incarnation = h.unsigned64_or_digits("life");
  m.sequence = h.unsigned64("sequence");
  m.since = h.unsigned64("since");
  const Ids ids(m.node);
  if (r.has("free")) {
    const Json& free = list_of(r.at("free"), "field 'free'", 3, 3);
    m.free = read_resources(Json{{"cpu", free[0]}, {"memory", free[1]}, {"gpu", free[2]}});
  }
  if (r.has("replicas")) {
    for (const auto& item : r.list("replicas", kChangedMax))
      m.replicas.push_back(read_replica_of(m.node, ids, item));
  }
  if (r.has("turned")) {
    for (const auto& item : r.list("turned", kChangedMax)) m.turned.push_back(read_turn(ids, item));
  }
  if (r.has("gone")) m.gone = r.texts("gone", kChangedMax);
  for (auto& id : m.gone) id = ids.whole(id);
  if (r.has("owned")) {
    for (const auto& item : r.list("owned", kChangedMax)) m.owned.push_back(read_account(item));
  }
  if (r.has("disowned")) m.disowned = r.texts("disowned", kChangedMax);
  m.without_specs = r.flag_or_false("without_specs");
  constexpr auto kMost = static_cast<std::int64_t>(Scheduling::kDraining);
  if (r.has("scheduling")) m.scheduling = static_cast<Scheduling>(r.count("scheduling", kMost));
  return m;
}

Json write(const Digest& m, WireForm form) {
  std::string nodes;
  nodes.reserve(m.nodes.size() * kCharsANode);
  for (const auto& n : m.nodes) {
    nodes += kDigits[static_cast<std::size_t>(first_digit(n))];
    for (const int shift : {12, 6, 0}) nodes += kDigits[n.content >> shift & 63];
  }
  Json json{{"kind", "digest"},
            {"from", m.from},
            {"cell", m.cell},
            {"roster", shortest(m.roster, form)},
            {"nodes", std::move(nodes)}};
  for (const auto& name : m.names)
    json["names"].push_back({name.node, shortest(name.incarnation, form)});
  return json;
}

namespace {

std::string read_cell(const Reader& r) {
  std::string cell = r.text("cell");
  if (!is_cell(cell)) {
    throw Malformed(
        "field 'cell': expected a cloud, c and eight hexadecimal digits, and bits, such as "
        "c0012abc9.0.1");
  }
  return cell;
}

}  // namespace

Digest read_digest(const Reader& r) {
  Digest m{r.text("from"), read_cell(r), r.unsigned64_or_digits("roster"), {}, {}};
  if (r.has("names")) {
    const Json& names = list_of(r.at("names"), "field 'names'", 0, kRosterMax);
    for (const auto& item : names) {
      list_of(item, "field 'names'", 2, 2);
      const Json whole{{"node", item[0]}, {"life", item[1]}};
      m.names.push_back({Reader(whole).text("node"), Reader(whole).unsigned64_or_digits("life")});
    }
  }
  const Json& nodes = r.at("nodes");
  if (!nodes.is_string()) throw Malformed("field 'nodes': expected a text");
  const auto& digits = nodes.get_ref<const std::string&>();
  if (digits.size() % kCharsANode != 0 || digits.size() > kRosterMax * kCharsANode) {
    throw Malformed(fmt::format("field 'nodes': expected {} digits for each of at most {} nodes",
                                kCharsANode, kRosterMax));
  }
  for (std::size_t i = 0; i < digits.size(); i += kCharsANode)
    m.nodes.push_back(read_node_digest(std::string_view(digits).substr(i, kCharsANode)));
  return m;
}

Json write(const RosterRequest& m) {
  return {{"kind", "roster-request"}, {"from", m.from}, {"cell", m.cell}};
}

RosterRequest read_roster_request(const Reader& r) { return {r.text("from"), read_cell(r)}; }

}  // namespace starling::codec
