#include "control/codec_cells.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "control/cells.h"
#include "control/codec_node.h"
#include "control/codec_replica.h"
#include "control/codec_summary.h"
#include "control/digest.h"

namespace starling::codec {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
constexpr std::size_t kCharsANode = 4;  // state and age, then the content's bits
// The first of them says how long ago it was heard, in tenths of a second, or one of these.
constexpr int kAgeMax = 60;
constexpr int kSuspect = 61;
constexpr int kDead = 62;
constexpr int kLeft = 63;

constexpr std::size_t kTurnFieldsMin = 2;
constexpr std::size_t kReplicaFields = 16;

/// Of the number of the field in a list, so that a whole object can be read.
constexpr std::array<const char*, kReplicaFields> kReplicaKeys{
    "id",          "model",        "generation",  "state",   "address",    "cpu",
    "memory",      "gpu",          "concurrency", "started", "cold_start", "cpu_cores",
    "memory_used", "memory_kills", "epoch",       "devices"};

/// Ids begin with their model and node, see Ledger: these are left out.
std::string beginning(const std::string& model, const std::string& node) {
  return model + "-" + node;
}

Json write_replica(const ReplicaStatus& s, const std::string& node) {
  const std::string common = beginning(s.model, node);
  Json list{s.id.starts_with(common + "-") ? s.id.substr(common.size()) : s.id,
            s.model,
            s.generation,
            static_cast<int>(s.state),
            s.address,
            s.resources.cpu_millis,
            s.resources.memory_bytes,
            s.resources.gpus,
            s.concurrency,
            s.started.time_since_epoch().count(),
            s.cold_start.count(),
            s.cpu_cores,
            s.memory_bytes,
            s.memory_kills,
            s.epoch};
  if (!s.devices.empty()) list.push_back(s.devices);
  return list;
}

ReplicaStatus read_replica_of(const std::string& node, const Json& json) {
  list_of(json, "replica", kReplicaFields - 1, kReplicaFields);
  Json whole{{"node", node}};
  for (std::size_t i = 0; i < json.size(); ++i) whole[kReplicaKeys[i]] = json[i];
  if (json[0].is_string() && json[1].is_string()) {
    const auto id = json[0].get<std::string>();
    if (id.starts_with('-')) whole["id"] = beginning(json[1].get<std::string>(), node) + id;
  }
  whole["resources"] = {{"cpu", whole["cpu"]}, {"memory", whole["memory"]}, {"gpu", whole["gpu"]}};
  return read_replica(whole);
}

Json write_turn(const ReplicaTurn& t) {
  Json list{t.id, static_cast<int>(t.state)};
  if (!t.address.empty() || t.cold_start != Duration{}) {
    list.push_back(t.address);
    list.push_back(t.cold_start.count());
  }
  return list;
}

ReplicaTurn read_turn(const Json& json) {
  list_of(json, "turned replica", kTurnFieldsMin, 2 * kTurnFieldsMin);
  Json whole{{"id", json[0]}, {"state", json[1]}};
  if (json.size() == 2 * kTurnFieldsMin) {
    whole["address"] = json[2];
    whole["cold_start"] = json[3];
  }
  const Reader r(whole);
  ReplicaTurn turn;
  turn.id = r.text("id");
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

Json write(const Change& m) {
  Json json{{"kind", "change"}, {"of", {m.node, m.incarnation, m.sequence, m.since}}};
  if (m.free) json["free"] = {m.free->cpu_millis, m.free->memory_bytes, m.free->gpus};
  for (const auto& replica : m.replicas) json["replicas"].push_back(write_replica(replica, m.node));
  for (const auto& turn : m.turned) json["turned"].push_back(write_turn(turn));
  if (!m.gone.empty()) json["gone"] = m.gone;
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
  m.incarnation = h.hash("life");
  m.sequence = h.hash("sequence");
  m.since = h.hash("since");
  if (r.has("free")) {
    const Json& free = list_of(r.at("free"), "field 'free'", 3, 3);
    m.free = read_resources(Json{{"cpu", free[0]}, {"memory", free[1]}, {"gpu", free[2]}});
  }
  if (r.has("replicas")) {
    for (const auto& item : r.list("replicas")) m.replicas.push_back(read_replica_of(m.node, item));
  }
  if (r.has("turned")) {
    for (const auto& item : r.list("turned")) m.turned.push_back(read_turn(item));
  }
  if (r.has("gone")) m.gone = r.texts("gone");
  if (r.has("owned")) {
    for (const auto& item : r.list("owned")) m.owned.push_back(read_account(item));
  }
  if (r.has("disowned")) m.disowned = r.texts("disowned");
  m.without_specs = r.has("without_specs") && r.flag("without_specs");
  constexpr auto kMost = static_cast<std::int64_t>(Scheduling::kDraining);
  if (r.has("scheduling")) m.scheduling = static_cast<Scheduling>(r.count("scheduling", kMost));
  return m;
}

Json write(const Digest& m) {
  std::string nodes;
  nodes.reserve(m.nodes.size() * kCharsANode);
  for (const auto& n : m.nodes) {
    nodes += kDigits[static_cast<std::size_t>(first_digit(n))];
    for (const int shift : {12, 6, 0}) nodes += kDigits[n.content >> shift & 63];
  }
  Json json{{"kind", "digest"},
            {"from", m.from},
            {"cell", m.cell},
            {"roster", m.roster},
            {"nodes", std::move(nodes)}};
  for (const auto& name : m.names) json["names"].push_back({name.node, name.incarnation});
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
  Digest m{r.text("from"), read_cell(r), r.hash("roster"), {}, {}};
  if (r.has("names")) {
    const Json& names = list_of(r.at("names"), "field 'names'", 0, kRosterMax);
    for (const auto& item : names) {
      list_of(item, "field 'names'", 2, 2);
      const Json whole{{"node", item[0]}, {"life", item[1]}};
      m.names.push_back({Reader(whole).text("node"), Reader(whole).hash("life")});
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
