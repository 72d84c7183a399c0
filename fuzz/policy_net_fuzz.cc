// Fuzzes the weights of the learned policy: what is taken survives a round trip.
#include "fuzz/fuzz.h"
#include "policy/learned/policy_net.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto net = parse_policy_net(std::string(fuzz::text_of(data, size)), "input");
  if (!net) {
    fuzz::require(!net.error().message.empty(), "an error says something");
    return 0;
  }
  const std::string text = policy_net_json(**net);
  const auto again = parse_policy_net(text, "again");
  fuzz::require(again.has_value(), "what is written can be read");
  fuzz::require(policy_net_json(**again) == text, "weights survive a round trip");
  return 0;
}
