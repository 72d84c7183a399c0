#include "control/digest_teller.h"

#include <algorithm>

#include "control/cells.h"

namespace starling {
namespace {

constexpr Duration kSoon = 300ms;         // between digests that cannot wait
constexpr Duration kDeadNamed = 60s;      // for so long digests say that a node is dead or left
constexpr Duration kContentSettles = 1s;  // what is newer may be on its way to others, too
// The names of a roster go with its first digests and now and then, for those who missed them.
constexpr int kNamesRepeated = 2;
constexpr int kNamesEvery = 8;

}  // namespace

void DigestTeller::choose_relays() {
  const auto& near = known_.members.near();
  if (near == among_) return;
  const auto relays = [&] {
    return std::find(relays_.begin(), relays_.end(), known_.self()) != relays_.end();
  };
  const bool was = relays();
  among_ = near;
  relays_ = relays_of(known_.members.cell(), near);
  soon_ = soon_ || (relays() && !was);
}

bool DigestTeller::due(TimePoint now) {
  const auto mine = std::find(relays_.begin(), relays_.end(), known_.self());
  if (mine == relays_.end()) {
    soon_ = false;
    return false;
  }
  const Duration period = digest_period(known_.members.live().size());
  const std::size_t turn = digest_turn(known_.members.cell(), period, now);
  const bool own_turn =
      turn != turn_ && turn % relays_.size() == static_cast<std::size_t>(mine - relays_.begin());
  if (!own_turn && !(soon_ && now - told_at_ >= kSoon)) return false;
  turn_ = turn;
  return true;
}

std::optional<Digest> DigestTeller::on_tick(std::uint64_t content, TimePoint now) {
  choose_relays();
  if (!due(now)) return std::nullopt;
  told_at_ = now;
  soon_ = false;
  Digest told = digest(content, now);
  if (told.roster != roster_told_) with_names_ = kNamesRepeated;
  roster_told_ = told.roster;
  const bool names = with_names_ > 0 || ++digests_ % kNamesEvery == 0;
  with_names_ = std::max(0, with_names_ - 1);
  if (!names) told.names.clear();
  return told;
}

Digest DigestTeller::digest(std::uint64_t content, TimePoint now) const {
  const std::string& self = known_.self();
  Digest told{self, known_.members.cell(), 0, {}, {}};
  for (const auto& [name, member] : known_.members.members()) {
    if (member.far || (is_gone(member.state) && now - member.heard >= kDeadNamed)) continue;
    const bool settled = now - member.content_at >= kContentSettles;
    const std::uint64_t known = name == self ? content
                                : settled    ? member.content
                                             : member.content_before;
    told.names.push_back({name, member.last.incarnation});
    told.nodes.push_back(
        {member.state, name == self ? Duration{} : now - member.heard, content_bits(known)});
  }
  told.roster = roster_id(told.names);
  return told;
}

}  // namespace starling
