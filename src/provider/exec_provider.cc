#include "provider/exec_provider.h"

#include <set>

#include "base/json.h"
#include "control/node_pool.h"
#include "provider/bounded_command.h"

namespace starling {
namespace {

using Json = nlohmann::json;

constexpr int kProtocol = 1;
constexpr std::size_t kNodesMax = 10'000;
constexpr std::size_t kReasonMax = 400;  // bytes of what a provider says of its failure

/// The beginning of what somebody else wrote, fit for a message.
std::string excerpt(const std::string& text, std::size_t most = 60) {
  std::string part = text.substr(0, most);
  for (char& c : part) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') c = ' ';
  }
  return part + (text.size() > part.size() ? "…" : "");
}

class ExecProvider final : public NodeProvider {
 public:
  explicit ExecProvider(ExecProviderOptions options) : options_(std::move(options)) {}

  Result<std::vector<std::string>> list() override {
    const auto answer = ask("list", Json::object());
    if (!answer) return fail(answer.error());
    if (!answer->contains("nodes") || !(*answer)["nodes"].is_array())
      return lie("list", "field 'nodes': expected a list of nodes, [] for none");
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const auto& node : (*answer)["nodes"]) {
      if (!node.is_object() || !node.contains("name") || !node["name"].is_string())
        return lie("list", "field 'nodes': expected objects such as {\"name\": \"" + options_.pool +
                               "-1\"}");
      auto name = node["name"].get<std::string>();
      if (!slot_of(options_.pool, name)) {
        return lie("list", fmt::format("node '{}' is none of this pool: its nodes are {}-1, {}-2 "
                                       "and so on; list only those that 'create' made",
                                       excerpt(name), options_.pool, options_.pool));
      }
      if (!seen.insert(name).second)
        return lie("list", fmt::format("node '{}' twice: end one of the two", name));
      names.push_back(std::move(name));
    }
    if (names.size() > kNodesMax)
      return lie("list", fmt::format("{} nodes: at most {} are read", names.size(), kNodesMax));
    return names;
  }

  Status create(const NodeOrder& order) override {
    return change("create", order.name, {{"config", order.config}});
  }
  Status remove(const std::string& name) override { return change("delete", name, Json::object()); }

 private:
  std::string said(const std::string& action) const {
    return fmt::format("{} {}", options_.command.front(), action);
  }

  tl::unexpected<Error> lie(const std::string& action, const std::string& what) const {
    return fail(ErrorCode::kInvalid, "{}: {}", said(action), what);
  }

  Status change(const std::string& action, const std::string& name, Json more) {
    more["name"] = name;
    const auto answer = ask(action, more);
    if (!answer) return fail(answer.error());
    const auto told = answer->value("name", Json());
    if (!told.is_string() || told.get_ref<const std::string&>() != name) {
      return lie(action, fmt::format("field 'name': expected \"{}\", the node that was asked for, "
                                     "got {}",
                                     name, excerpt(told.dump(-1, ' ', true))));
    }
    return {};
  }

  Result<Json> ask(const std::string& action, const Json& more) {
    Json question{{"protocol", kProtocol},
                  {"action", action},
                  {"fleet", options_.fleet},
                  {"pool", options_.pool},
                  {"node", options_.node}};
    question.update(more);
    CommandOptions command;
    command.command = options_.command;
    command.timeout = options_.timeout;
    command.stop = options_.stop;
    const auto output = run_bounded(command, question.dump() + "\n");
    if (!output) return fail(output.error().code, "{}: {}", said(action), output.error().message);
    auto answer = parse_json(*output);
    if (!answer.is_object()) {
      return lie(action, fmt::format("expected one JSON object on standard output, got {}",
                                     output->empty() ? "nothing" : "'" + excerpt(*output) + "'"));
    }
    if (const auto error = answer.find("error"); error != answer.end() && !error->is_null()) {
      return fail(
          ErrorCode::kUnavailable, "{}: {}", said(action),
          excerpt(error->is_string() ? error->get<std::string>() : error->dump(), kReasonMax));
    }
    return answer;
  }

  ExecProviderOptions options_;
};

}  // namespace

std::unique_ptr<NodeProvider> make_exec_provider(ExecProviderOptions options) {
  return std::make_unique<ExecProvider>(std::move(options));
}

}  // namespace starling
