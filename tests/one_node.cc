#include "tests/one_node.h"

#include <gtest/gtest.h>

namespace starling::system_test {
namespace {

std::unique_ptr<RunningFleet> shared;

/// Ends the fleet before the program's static objects go.
class Ending : public testing::Environment {
 public:
  void TearDown() override { shared.reset(); }
};
[[maybe_unused]] const auto* const kEnding = testing::AddGlobalTestEnvironment(new Ending);

}  // namespace

const RunningFleet* one_node() {
  if (shared || !missing_programs().empty()) return shared.get();
  auto fleet = RunningFleet::start(1);
  if (!fleet) throw std::runtime_error(fleet.error().message);
  shared = std::move(*fleet);
  return shared.get();
}

std::string deployed(const RunningFleet& fleet, const std::string& model) {
  const auto applied = fleet.command("starling apply -f models/" + model + ".yaml");
  if (applied.exit_code != 0) throw std::runtime_error(applied.err);
  Result<std::string> body = fail(ErrorCode::kUnavailable, "not asked yet");
  const bool ready = eventually(90s, [&] {
    body = request_of_zeros(fleet.members().front().gateway, model);
    return body.has_value();
  });
  if (!ready) throw std::runtime_error(body.error().message);
  return *body;
}

}  // namespace starling::system_test
