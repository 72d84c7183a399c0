#include "provider/local_provider.h"

#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <thread>

#include "base/child_process.h"
#include "base/file.h"
#include "control/node_pool.h"
#include "provider/keeper.h"

namespace starling {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr Duration kStartPatience = 5s;
constexpr Duration kEarlyEnd = 300ms;  // a configuration that is wrong ends an agent sooner

/// Leaves its number in the file $0 and becomes the rest.
constexpr const char* kBecome = "echo $$ > \"$0\" && exec \"$@\"";

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class LocalProvider final : public NodeProvider {
 public:
  LocalProvider(LocalProviderOptions options, Keeper keeper)
      : options_(std::move(options)), keeper_(std::move(keeper)) {}

  Result<std::vector<std::string>> list() override {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(options_.directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      auto name = entry->path().filename().string();
      if (slot_of(options_.pool, name) && process_of(name) > 0) names.push_back(std::move(name));
    }
    if (error) {
      return fail(ErrorCode::kUnavailable, "{}: {}", options_.directory.string(), error.message());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Status create(const NodeOrder& order) override {
    if (!slot_of(options_.pool, order.name))
      return fail(ErrorCode::kInvalid, "node '{}' is none of pool {}", order.name, options_.pool);
    if (process_of(order.name) > 0) return {};
    const fs::path folder = options_.directory / order.name;
    std::error_code error;
    fs::remove_all(folder, error);  // of a node that ended without being given back
    fs::create_directories(folder, error);
    fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return fail(ErrorCode::kUnavailable, "{}: {}", folder.string(), error.message());
    if (auto status = write_file_atomically(config_of(order.name), order.config, 0600); !status)
      return status;
    ChildOptions child;
    // A process of its own, which init takes over: it is not to end with this agent.
    child.arguments = {"setsid",
                       "--fork",
                       "/bin/sh",
                       "-c",
                       kBecome,
                       (folder / "agent.pid").string(),
                       options_.program.string(),
                       "--config",
                       config_of(order.name).string(),
                       "--keeper",
                       options_.keeper_file().string()};
    child.output = folder / "agent.log";
    auto starter = ChildProcess::spawn(child);
    if (!starter) return fail(starter.error());
    return await_start(order.name, *starter);
  }

  Status remove(const std::string& name) override {
    if (!slot_of(options_.pool, name))
      return fail(ErrorCode::kInvalid, "node '{}' is none of pool {}", name, options_.pool);
    if (const pid_t pid = process_of(name); pid > 0) ::kill(pid, SIGTERM);
    const auto deadline = SteadyClock::now() + options_.stop_grace;
    while (process_of(name) > 0 && SteadyClock::now() < deadline) std::this_thread::sleep_for(20ms);
    if (const pid_t pid = process_of(name); pid > 0) ::kill(pid, SIGKILL);
    std::error_code error;
    fs::remove_all(options_.directory / name, error);
    if (error)
      return fail(ErrorCode::kUnavailable, "{}: {}", (options_.directory / name).string(),
                  error.message());
    return {};
  }

 private:
  fs::path config_of(const std::string& name) const {
    return options_.directory / name / "node.yaml";
  }

  /// What the node's process wrote of itself, or 0.
  pid_t number_of(const std::string& name) const {
    const std::string text = text_of(options_.directory / name / "agent.pid");
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    return pid > 1 ? pid : 0;
  }

  /// The node's process, or 0. A number alone may be another process's by now.
  pid_t process_of(const std::string& name) const {
    const pid_t pid = number_of(name);
    if (pid == 0) return 0;
    const std::string words = text_of(fmt::format("/proc/{}/cmdline", pid));
    const std::string config = config_of(name).string();
    return words.find(config + '\0') != std::string::npos ? pid : 0;
  }

  /// Whether it has begun and ended. A process has no words while it becomes another program, so
  /// that there are none says nothing.
  bool has_ended(const std::string& name) const {
    const pid_t pid = number_of(name);
    if (pid == 0) return false;
    const std::string state = text_of(fmt::format("/proc/{}/stat", pid));
    const auto after_name = state.rfind(") ");
    return after_name == std::string::npos || state[after_name + 2] == 'Z';
  }

  Status await_start(const std::string& name, ChildProcess& starter) const {
    const auto begin = SteadyClock::now();
    std::optional<SteadyClock::time_point> seen;
    while (SteadyClock::now() < begin + kStartPatience) {
      const bool runs = process_of(name) > 0;
      if (runs && !seen) seen = SteadyClock::now();
      if (runs && SteadyClock::now() >= *seen + kEarlyEnd) return {};
      const auto how = starter.ended();
      if (has_ended(name) || (how && !how->success())) break;
      std::this_thread::sleep_for(10ms);
    }
    std::string words = text_of(options_.directory / name / "agent.log");
    constexpr std::size_t kWords = 300;
    if (words.size() > kWords) words.erase(0, words.size() - kWords);
    while (!words.empty() && words.back() == '\n') words.pop_back();
    return fail(ErrorCode::kUnavailable, "the agent of node {} ended at once: {}", name,
                words.empty() ? "it says nothing" : words);
  }

  LocalProviderOptions options_;
  Keeper keeper_;
};

}  // namespace

Result<std::unique_ptr<NodeProvider>> make_local_provider(LocalProviderOptions options) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (error)
    return fail(ErrorCode::kInvalid, "{}: {}", options.directory.string(), error.message());
  options.directory = fs::weakly_canonical(options.directory, error);
  auto keeper = Keeper::keep(options.keeper_file());
  if (!keeper) return fail(keeper.error());
  return std::make_unique<LocalProvider>(std::move(options), std::move(*keeper));
}

Status end_local_nodes(const LocalProviderOptions& options) {
  auto provider = make_local_provider(options);
  if (!provider) return fail(provider.error());
  const auto names = (*provider)->list();
  if (!names) return fail(names.error());
  Status first;
  for (const auto& name : *names) {
    if (auto status = (*provider)->remove(name); !status && first) first = status;
  }
  return first;
}

}  // namespace starling
