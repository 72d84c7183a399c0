#include "sim/placement_bidding.h"

#include <algorithm>
#include <optional>

#include "control/ledger.h"
#include "control/market.h"
#include "control/move.h"
#include "control/ownership.h"
#include "control/resources.h"
#include "control/tender.h"

namespace starling {
namespace {

constexpr int kRoundsMax = 40;
constexpr std::size_t kSellersMax = 8;  // nodes whose room a model makes offers for in one decision
/// Offers go by money here, and a case stands still: what gains is worth a move.
constexpr ExchangeOptions kExchange{.margin = 0, .advantage = 1.02, .worth_having = 0};

class Bidding {
 public:
  Bidding(const PlacementCase& problem, Rng rng) : problem_(problem), rng_(rng) {
    for (const NodeInfo& node : problem.nodes) nodes_.emplace(node.name, Ledger(node));
    for (std::size_t m = 0; m < problem.models.size(); ++m) {
      const ModelSpec& spec = problem.models[m].spec;
      index_[spec.name] = m;
      apart_.emplace_back();
      for (const PlacedModel& other : problem.models) {
        if (kept_apart(spec, other.spec)) apart_.back().push_back(other.spec.name);
      }
    }
  }

  BiddingOutcome run() {
    bool changed = true;
    for (; changed && out_.rounds < kRoundsMax; ++out_.rounds) {
      changed = false;
      for (const std::size_t m : order()) changed = decide(m) || changed;
      changed = exchange() || changed;
    }
    for (std::size_t m = 0; m < problem_.models.size(); ++m) out_.placement.push_back(counts(m));
    return out_;
  }

 private:
  std::vector<std::size_t> order() {
    std::vector<std::size_t> all(problem_.models.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng_.below(i)]);
    return all;
  }

  std::vector<ReplicaStatus> replicas(std::size_t m) const {
    std::vector<ReplicaStatus> found;
    for (const auto& [name, ledger] : nodes_) {
      for (const auto& [id, replica] : ledger.replicas()) {
        if (replica.model == problem_.models[m].spec.name) found.push_back(replica);
      }
    }
    return found;
  }

  std::map<std::string, int> counts(std::size_t m) const {
    std::map<std::string, int> by_node;
    for (const auto& replica : replicas(m)) ++by_node[replica.node];
    return by_node;
  }

  PlacementView view(std::size_t m) const {
    PlacementView view{
        problem_.models[m].query, problem_.options, {}, {}, problem_.models[m].reference_price};
    for (const auto& [name, ledger] : nodes_) {
      view.nodes[name] = ledger.node();
      view.free[name] = ledger.free();
    }
    return view;
  }

  bool barred(std::size_t m, const Ledger& ledger) const {
    return !apart_[m].empty() && !ledger.any_of(apart_[m]).empty();
  }

  /// All nodes, or so many of those that last said that they had room, by chance.
  std::vector<std::string> bidders(std::size_t m, const std::string& request,
                                   const std::string& bought_on) const {
    std::vector<std::pair<std::uint64_t, std::string>> with_room;
    for (const auto& [name, ledger] : nodes_) {
      if (nodes_.size() > kBiddersMax + 1 &&
          !fits(problem_.models[m].spec.resources, ledger.free()))
        continue;
      with_room.push_back({stable_hash(request + '\n' + name), name});
    }
    if (nodes_.size() > kBiddersMax + 1) std::sort(with_room.begin(), with_room.end());
    std::vector<std::string> names;
    if (!bought_on.empty()) return {bought_on};
    for (const auto& [chance, name] : with_room) {
      if (nodes_.size() > kBiddersMax + 1 && names.size() == kBiddersMax) break;
      names.push_back(name);
    }
    return names;
  }

  /// Which of `bids` to take up, as long as the next replica earns more than it costs.
  std::vector<BidOutcome> choose(std::size_t m, const std::vector<Bid>& bids, int wanted,
                                 double cost_most) const {
    const PlacementView view = this->view(m);
    const auto already = counts(m);
    const std::size_t have = replicas(m).size();
    const auto& worth = problem_.models[m].worth;
    std::vector<BidOutcome> chosen = choose_bids(bids, 0, view, already);
    for (int k = 1; k <= wanted; ++k) {
      auto more = choose_bids(bids, k, view, already);
      double cost = 0;
      bool any = false;
      for (std::size_t i = 0; i < more.size(); ++i) {
        if (more[i].awarded == chosen[i].awarded) continue;
        cost = more[i].cost_per_hour;
        any = true;
      }
      const std::size_t at = have + static_cast<std::size_t>(k) - 1;
      const double most = cost_most > 0 ? cost_most : at < worth.size() ? worth[at] : 0;
      if (!any || cost >= most) break;
      chosen = std::move(more);
    }
    return chosen;
  }

  /// `cost_most`: of a replica that is to be moved; 0: each must earn what it costs. `bought_on`:
  /// the node where room was bought, which alone is asked. Returns how many started.
  int tender(std::size_t m, int wanted, double cost_most = 0, const std::string& bought_on = "") {
    now_ += 2s;
    const ModelSpec& spec = problem_.models[m].spec;
    const std::string request = fmt::format("o/{}/{}", spec.name, ++tenders_);
    std::vector<Bid> bids;
    for (const auto& name : bidders(m, request, bought_on)) {
      Ledger& ledger = nodes_.at(name);
      Bid bid = ledger.bid({request, "o", spec.name, spec.resources, wanted, {}}, now_);
      if (barred(m, ledger)) {
        ledger.refuse(request);
        bid.count = 0;
      }
      bids.push_back(std::move(bid));
      messages_ += 2;
    }
    int started = 0;
    for (const auto& o : choose(m, bids, wanted, cost_most)) {
      if (o.offered == 0) continue;
      ++messages_;
      if (o.awarded == 0) {
        nodes_.at(o.node).refuse(request);
        continue;
      }
      ++messages_;
      const auto reply =
          nodes_.at(o.node).accept({request, "o", spec.name, 0, o.awarded}, spec, now_);
      started += static_cast<int>(reply.started.size());
    }
    return started;
  }

  void stop(const ReplicaStatus& replica, const std::string& buyer) {
    ++messages_;
    Ledger& ledger = nodes_.at(replica.node);
    if (!buyer.empty()) ledger.sell(replica.id, buyer);
    ledger.remove(replica.id, now_);
  }

  bool move(std::size_t m) {
    std::vector<std::string> open;
    for (const auto& [name, ledger] : nodes_) {
      if (!barred(m, ledger)) open.push_back(name);
    }
    const auto all = replicas(m);
    const auto move = choose_move(all, view(m), open);
    if (!move || tender(m, 1, move->cost_before - move->gain / 2) == 0) return false;
    for (const auto& replica : all) {
      if (replica.id == move->replica) stop(replica, "");
    }
    return true;
  }

  bool decide(std::size_t m) {
    messages_ = 0;
    const auto have = static_cast<int>(replicas(m).size());
    const int wanted = static_cast<int>(problem_.models[m].worth.size()) - have;
    const bool changed = (wanted > 0 && tender(m, 1) > 0) || move(m);
    count_decision();
    return changed;
  }

  void count_decision() {
    ++out_.decisions;
    out_.messages += messages_;
    out_.messages_most = std::max(out_.messages_most, messages_);
  }

  double value(std::size_t m, const std::map<std::string, int>& at) const {
    return value_of(problem_, m, at);
  }

  /// What one replica more would earn on each node that may take it, most first.
  std::vector<std::pair<double, std::string>> gains(std::size_t m) const {
    const PlacedModel& model = problem_.models[m];
    std::map<std::string, int> in_place;
    std::size_t have = 0;
    for (const auto& [node, count] : counts(m)) {
      in_place[place_of(nodes_.at(node).node(), model.query.spread)] += count;
      have += static_cast<std::size_t>(count);
    }
    std::vector<std::pair<double, std::string>> found;
    if (have >= model.worth.size()) return found;
    for (const auto& [name, ledger] : nodes_) {
      if (barred(m, ledger)) continue;
      const NodeInfo& node = ledger.node();
      const PlacementOffer offer{node, price_per_hour(node, model.spec.resources), true,
                                 Resources{0, 0}, in_place[place_of(node, model.query.spread)]};
      const double cost =
          placement_cost(model.query, offer, model.reference_price, problem_.options).total();
      if (model.worth[have] > cost) found.push_back({model.worth[have] - cost, name});
    }
    std::sort(found.begin(), found.end(), std::greater<>());
    return found;
  }

  bool exchange();
  bool buy(std::size_t buyer, const std::string& node, double gained);

  const PlacementCase& problem_;
  Rng rng_;
  std::map<std::string, Ledger> nodes_;
  std::map<std::string, std::size_t> index_;     // of the models
  std::vector<std::vector<std::string>> apart_;  // by model, those that it keeps apart from
  TimePoint now_ = from_unix_seconds(1'700'000'000);
  int tenders_ = 0;
  int messages_ = 0;  // of the present decision
  BiddingOutcome out_;
};

/// The replicas of others on a node that the buyer's one replica is worth more than, the least loss
/// for the room they give first, until there is enough; those that turn out not to be needed stay.
bool Bidding::buy(std::size_t buyer, const std::string& node, double gained) {
  const PlacedModel& model = problem_.models[buyer];
  Ledger& ledger = nodes_.at(node);
  struct Offered {
    ReplicaStatus replica;
    double loss;
    double by_room;
  };
  const Resources capacity = ledger.node().capacity();
  const auto room_of = [&](const Resources& r) {
    return static_cast<double>(r.cpu_millis) / static_cast<double>(capacity.cpu_millis) +
           static_cast<double>(r.memory_bytes) / static_cast<double>(capacity.memory_bytes);
  };
  std::vector<Offered> offered;
  std::map<std::size_t, std::map<std::string, int>> fewer;  // by model that runs here
  for (const auto& [id, replica] : ledger.replicas()) {
    const std::size_t m = index_.at(replica.model);
    if (m == buyer) continue;
    auto& left = fewer.try_emplace(m, counts(m)).first->second;
    const double before = value(m, left);
    --left[node];
    const double lost = before - value(m, left);
    offered.push_back({replica, lost, lost / std::max(1e-9, room_of(replica.resources))});
  }
  std::stable_sort(offered.begin(), offered.end(),
                   [](const Offered& a, const Offered& b) { return a.by_room < b.by_room; });
  std::vector<Offered> given;
  Resources room = ledger.free();
  double lost = 0;
  for (const auto& one : offered) {
    if (fits(model.spec.resources, room)) break;
    room = sum(room, one.replica.resources);
    lost += one.loss;
    given.push_back(one);
  }
  if (!fits(model.spec.resources, room)) return false;
  for (std::size_t i = given.size(); i-- > 0;) {
    const Resources without = difference(room, given[i].replica.resources);
    if (!fits(model.spec.resources, without)) continue;
    room = without;
    lost -= given[i].loss;
    given.erase(given.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (given.empty() || !pays(gained, lost, kExchange)) return false;
  messages_ += 2 * static_cast<int>(given.size());  // offers and their answers
  for (const auto& one : given) stop(one.replica, model.spec.name);
  return true;
}

bool Bidding::exchange() {
  bool changed = false;
  for (const std::size_t m : order()) {
    messages_ = 0;
    auto places = gains(m);
    if (places.size() > kSellersMax) places.resize(kSellersMax);
    for (const auto& [gained, name] : places) {
      if (!buy(m, name, gained)) continue;
      tender(m, 1, 0, name);
      changed = true;
      break;
    }
    count_decision();
  }
  return changed;
}

}  // namespace

BiddingOutcome place_by_bidding(const PlacementCase& problem, Rng rng) {
  return Bidding(problem, rng).run();
}

}  // namespace starling
