#include "api/ask_peers.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <utility>

#include "api/http_client.h"
#include "base/json.h"

namespace starling {
namespace {

constexpr std::size_t kAskedMax = 32;
constexpr std::size_t kListedBytesMax = 16 << 20;

using Asked = std::deque<std::pair<std::string, std::future<Result<std::string>>>>;

/// Waits for one that has answered, or else for the one that was asked first.
bool take_next(Asked& asked, const TakeAnswer& take) {
  auto next = std::find_if(asked.begin(), asked.end(), [](const auto& one) {
    return one.second.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  if (next == asked.end()) next = asked.begin();
  auto [node, answer] = std::move(*next);
  asked.erase(next);
  return take(node, answer.get());
}

}  // namespace

void ask_peers(const FleetView& view, const AskPeer& ask, const TakeAnswer& take) {
  const auto began = std::chrono::steady_clock::now();
  bool go_on = true;
  Asked asked;
  for (const auto& member : view.members) {
    if (!go_on) break;
    const auto& node = member.last.node;
    if (node.name == view.self || is_gone(member.state)) continue;
    if (std::chrono::steady_clock::now() - began > kPeerTimeout) {
      go_on = take(node.name,
                   fail(ErrorCode::kTimeout, "it was not asked: too many others did not answer"));
      continue;
    }
    if (asked.size() == kAskedMax && !(go_on = take_next(asked, take))) break;
    asked.emplace_back(node.name,
                       std::async(std::launch::async,
                                  [&ask, address = node.api_address] { return ask(address); }));
  }
  while (!asked.empty()) take_next(asked, take);
}

std::vector<nlohmann::json> listed_by_peers(const FleetView& view, const std::string& token,
                                            const std::string& path, const char* key,
                                            std::vector<std::string>& silent) {
  using Json = nlohmann::json;
  std::vector<Json> all;
  std::size_t bytes_listed = 0;
  ask_peers(
      view,
      [&](const std::string& address) {
        return call_agent_for_bytes({address, token}, "GET", path, std::nullopt, kPeerTimeout);
      },
      [&](const std::string& node, const Result<std::string>& bytes) {
        bytes_listed += bytes ? bytes->size() : 0;
        const bool room = bytes_listed <= kListedBytesMax;
        Json answer = bytes && room ? parse_json(*bytes) : Json();
        const bool lists = answer.is_object() && answer.contains(key) && answer[key].is_array();
        if (lists && std::all_of(answer[key].begin(), answer[key].end(),
                                 [](const Json& one) { return one.is_object(); })) {
          for (auto& one : answer[key]) all.push_back(std::move(one));
        } else {
          silent.push_back(node);
        }
        return true;
      });
  return all;
}

}  // namespace starling
