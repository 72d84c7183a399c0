// The account of the fleet that is kept current says what one made anew says.
#include "control/fleet_account.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// What node a knows of a fleet whose nodes come, go and change.
struct FleetOfNodes {
  FleetOfNodes() { set_models(3); }

  void hear(const std::string& name, int replicas, bool leaving = false) {
    std::vector<ReplicaStatus> own;
    for (int i = 0; i < replicas; ++i)
      own.push_back(replica(fmt::format("{}-{}", name, i), model(fmt::format("m{}", i % 3)), name));
    auto beat = heartbeat(node(name), ++sequence, own);
    beat.leaving = leaving;
    members.on_heartbeat(beat, now);
  }
  void set_models(int count) {
    std::vector<StoredSpec> stored;
    for (int i = 0; i < count; ++i) stored.push_back({model(fmt::format("m{}", i)), 1});
    specs.set(std::move(stored));
    line.outdate();
    account.note_models();
  }
  std::shared_ptr<const FleetView> update() {
    if (const auto before = line.update(specs, members, now)) {
      for (const auto& [name, order] : line.all()) account.note_line(name);
    }
    account.note(members.take_changes());
    return account.update(now, true, 0);
  }

  TimePoint now = at(0s);
  std::uint64_t sequence = 0;
  Ledger books{node("a")};
  Membership members{MembershipOptions{}};
  SpecBook specs;
  Succession line;
  Knowledge knowledge{books, members, specs, line};
  FleetAccount account{knowledge};
};

std::string text_of(const FleetView& view) {
  std::string text;
  for (const auto& member : view.members)
    text += fmt::format("{} {} {} {}\n", member.last.node.name, name_of(member.state),
                        member.last.sequence, member.last.replicas.size());
  for (const auto& model : view.models)
    text += fmt::format("{} {} {} {} {}\n", model.spec.spec.name, model.owner, model.ready,
                        model.starting, model.draining);
  return text;
}

RC_GTEST_PROP(FleetAccount, WhatIsKeptCurrentIsWhatIsMadeAnew, ()) {
  FleetOfNodes known;
  std::vector<std::shared_ptr<const FleetView>> held;  // by readers
  const int steps = *rc::gen::inRange(1, 30);
  for (int i = 0; i < steps; ++i) {
    known.now += 1s;
    const auto name = std::string(1, *rc::gen::elementOf(std::string("abcd")));
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        known.set_models(*rc::gen::inRange(0, 6));
        break;
      case 1:
        known.hear(name, 0, true);
        break;
      case 2:
        known.members.on_tick(known.now, "a");
        break;
      default:
        known.hear(name, *rc::gen::inRange(0, 4));
    }
    const auto view = known.update();
    RC_ASSERT(text_of(*view) == text_of(known.account.view(known.now, true, 0)));
    if (*rc::gen::arbitrary<bool>()) held.push_back(view);
  }
}

TEST(FleetAccount, AViewThatSomebodyReadsDoesNotChange) {
  FleetOfNodes known;
  known.hear("a", 1);
  const auto read = known.update();
  const std::string before = text_of(*read);
  for (int i = 0; i < 5; ++i) {
    known.hear("a", i);
    EXPECT_NE(known.update(), read);
  }
  EXPECT_EQ(text_of(*read), before);
}

}  // namespace
}  // namespace starling
