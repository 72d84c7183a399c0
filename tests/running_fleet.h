// A fleet as a user starts it, with `starling up`, and what a client says to it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/result.h"
#include "tests/program.h"

namespace starling::system_test {

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

struct HttpQuestion {
  std::string method = "GET";
  std::string address = {};  // host:port
  std::string path = {};
  std::string body = {};
  std::string token = {};  // empty: none is sent
};

HttpAnswer ask(const HttpQuestion& question);

struct FleetMember {
  std::string name, api, gateway;
  pid_t pid = 0;
};

/// Ends with the object, whatever the test did. The thread that starts it must outlive it.
class RunningFleet {
 public:
  /// Starts `nodes` agents in a temporary folder and waits until they have settled. `more`: further
  /// arguments of `starling up`.
  static Result<std::unique_ptr<RunningFleet>> start(int nodes,
                                                     const std::vector<std::string>& more = {});
  ~RunningFleet();

  const std::vector<FleetMember>& members() const { return members_; }
  const std::string& token() const { return token_; }
  std::string data() const { return (folder_.path() / "fleet").string(); }
  const TemporaryFolder& folder() const { return folder_; }
  pid_t pid() const { return process_->pid(); }

  /// A command of the user's, in the fleet's name: STARLING_FLEET names it.
  Ended command(const std::string& command) const;
  HttpAnswer get(const FleetMember& member, const std::string& path) const;
  /// SIGINT, as Ctrl-C gives, then waits for the end. Gives "exit code 0" or what else it was.
  std::string interrupt();

 private:
  RunningFleet() = default;
  TemporaryFolder folder_;
  std::optional<ChildProcess> process_;
  std::vector<FleetMember> members_;
  std::string token_;
};

/// An inference request of zeros for a model, after its metadata at `gateway`. Errors: no answer.
Result<std::string> request_of_zeros(const std::string& gateway, const std::string& model);

}  // namespace starling::system_test
