// The life of one replica on this node: start, ready, crash and restart, stop. Driven by small
// steps.
#pragma once

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "control/ports.h"
#include "runtime/cgroup.h"
#include "runtime/restart_backoff.h"

namespace starling {

using Instant = std::chrono::steady_clock::time_point;

struct ReplicaSurroundings {
  std::filesystem::path program;     // starling-serve, or what stands in for it
  std::string host;                  // IPv4 address of this machine that replicas listen on
  std::filesystem::path log_folder;  // empty: the replica writes to the agent's own output
  std::string mark;                  // "NAME=value", in the environment of every process
  CgroupTree* cgroups = nullptr;     // none: unlimited
  RestartBackoff::Rules backoff;
  Duration start_timeout{60s};
};

/// Until it is ready a replica may use a whole CPU (more if its own limit is more): loading
/// libtorch takes about half a CPU second, which under a limit of 250m would be two seconds of cold
/// start. From then on its own limits hold. Not thread safe; every call must come from one thread,
/// which lives as long as the replica (the kernel ends a child with the thread that spawned it).
class ReplicaProcess {
 public:
  ReplicaProcess(ReplicaStart start, ReplicaSurroundings surroundings, Instant now);
  /// Ends the process at once and removes its cgroup.
  ~ReplicaProcess();
  ReplicaProcess(const ReplicaProcess&) = delete;
  ReplicaProcess& operator=(const ReplicaProcess&) = delete;

  /// Looks at the process and moves on. Does not wait for the replica.
  void step(Instant now, std::vector<ReplicaEvent>& events);
  /// Errors: the kernel refuses the limits. Without cgroups there is nothing to do.
  Status resize(const Resources& resources);
  /// False when it has ended already: no kStopped will follow.
  bool stop(Duration grace, Instant now);

  /// Starting or stopping: worth a step every few milliseconds.
  bool in_transition() const { return phase_ != Phase::kReady && phase_ != Phase::kWaiting; }
  /// Stopped or given up, nothing left behind: the object can go.
  bool gone() const { return phase_ == Phase::kGone; }
  /// Where its output goes; empty: to the agent's own.
  const std::filesystem::path& log() const { return log_; }
  /// CPU time over all its starts, in seconds; nothing when it cannot be read now.
  std::optional<double> cpu_seconds();
  /// Memory in use now; 0 when nothing runs.
  std::int64_t memory_bytes();

 private:
  enum class Phase { kNew, kStarting, kReady, kWaiting, kStopping, kCleaning, kGone };

  void launch(Instant now, std::vector<ReplicaEvent>& events);
  Status spawn();
  void check_ready(Instant now, std::vector<ReplicaEvent>& events);
  void ended(const std::string& how, Instant now, std::vector<ReplicaEvent>& events);
  void attempt_failed(const std::string& why, Instant now, std::vector<ReplicaEvent>& events,
                      bool memory_kill = false);
  void clean(Instant now);
  bool killed_for_memory() const;
  std::string why_ended(const std::string& how) const;
  Status apply_limits(bool boosted);

  ReplicaStart start_;
  ReplicaSurroundings surroundings_;
  std::filesystem::path log_;
  RestartBackoff backoff_;
  std::unique_ptr<Cgroup> cgroup_;
  std::optional<ChildProcess> child_;
  Phase phase_ = Phase::kNew;
  int port_ = 0;
  struct Probe {
    bool ready;
    Instant answered;
  };
  std::future<Probe> probe_;       // under way: a replica may be silent for the whole time-out
  bool was_ready_ = false;         // at any time: the cold start is reported once
  std::int64_t memory_kills_ = 0;  // before this start
  double cpu_ended_s_ = 0;         // of ended processes, when there is no cgroup to count
  double cpu_running_s_ = 0;       // of the running one, as last seen
  Instant launched_{};
  Instant ready_since_{};
  Instant next_{};     // the next probe, restart or SIGKILL
  Instant give_up_{};  // of cleaning
};

}  // namespace starling
