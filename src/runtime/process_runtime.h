// Runs replicas as processes of this machine, each in its own cgroup where the rights allow.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "control/ports.h"
#include "runtime/restart_backoff.h"

namespace starling {

struct ProcessRuntimeOptions {
  std::string node = "node";       // names the cgroup folder, starling-<node>; one runtime a name
  std::filesystem::path program;   // empty: starling-serve beside this executable
  std::string host = "127.0.0.1";  // IPv4 address of this machine that replicas listen on
  std::filesystem::path
      log_folder;  // <id>.log a replica (replica_logs.h); empty: the agent's output
  RestartBackoff::Rules backoff;
  Duration start_timeout{60s};  // a start that is not ready by then has failed
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";
};

/// The calls return at once (`resize` when the kernel has taken the limits); a thread of the
/// runtime's own spawns and ends the processes, and never waits for one to answer. When the agent
/// dies, however it dies, its replicas die with it; when the runtime is destroyed they are killed
/// and their cgroups removed.
class ProcessRuntime final : public Runtime {
 public:
  /// Ends what an earlier run of this node left behind. Without rights for cgroups replicas run
  /// unlimited, and the log says so once. Errors: the program or the log folder can't be had.
  static Result<std::unique_ptr<ProcessRuntime>> create(ProcessRuntimeOptions options);
  ~ProcessRuntime() override;

  /// Errors: kConflict, the id is in use; kNotFound, the artefact is not there.
  Status start(const ReplicaStart& replica) override;
  /// Errors: kNotFound, no such replica; what the kernel says (memory below what is in use).
  Status resize(const std::string& id, const Resources& resources) override;
  /// An unknown id is answered with kStopped, too: the caller wants it gone, and it is.
  void stop(const std::string& id, Duration grace) override;
  std::vector<ReplicaEvent> poll(TimePoint now) override;

  /// CPU time used by each replica since its start, in seconds; at most a quarter of a second old.
  /// A replica whose use cannot be read is left out.
  std::map<std::string, double> cpu_seconds() const;
  /// Memory that each replica uses, in bytes, likewise; 0 while it alone is not known.
  std::map<std::string, std::int64_t> memory_bytes() const;
  /// Whether CPU and memory limits hold on this machine.
  bool limited() const;

 private:
  class Supervisor;
  explicit ProcessRuntime(std::unique_ptr<Supervisor> supervisor);
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace starling
