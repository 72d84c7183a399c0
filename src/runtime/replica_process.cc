#include "runtime/replica_process.h"

#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "base/units.h"
#include "runtime/ready_probe.h"
#include "runtime/replica_logs.h"

namespace starling {
namespace {

constexpr Duration kProbeInterval = 10ms;
constexpr Duration kProbeTimeout = 100ms;
constexpr Duration kCleanTimeout = 2s;
constexpr std::int64_t kBoostCpuMillis = 1000;

/// The last line of a log: mostly what the process died of.
std::string last_line(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::ate);
  const auto size = static_cast<std::int64_t>(in.tellg());
  if (size <= 0) return "";
  in.seekg(std::max<std::int64_t>(0, size - 400));
  std::string line;
  std::string last;
  while (std::getline(in, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

/// User and system time of a process, in seconds; nothing when it is gone (proc(5), fields 14 and
/// 15 of stat).
std::optional<double> process_cpu_seconds(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(in, text);
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Resident memory of a process; 0 when it is gone (proc(5), the second field of statm).
std::int64_t process_memory_bytes(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/statm", pid));
  std::int64_t size = 0;
  std::int64_t resident = 0;
  in >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

Duration since(Instant from, Instant now) {
  return std::chrono::duration_cast<Duration>(now - from);
}

}  // namespace

ReplicaProcess::ReplicaProcess(ReplicaStart start, ReplicaSurroundings surroundings, Instant now)
    : start_(std::move(start)),
      surroundings_(std::move(surroundings)),
      backoff_(surroundings_.backoff),
      next_(now) {
  if (!surroundings_.log_folder.empty()) {
    log_ = surroundings_.log_folder / (log_name(start_.id) + ".log");
  }
}

ReplicaProcess::~ReplicaProcess() {
  child_.reset();
  if (!cgroup_) return;
  cgroup_->kill_all();
  if (auto removed = cgroup_->remove(); !removed)
    spdlog::warn("{}: {}", start_.id, removed.error().message);
}

void ReplicaProcess::step(Instant now, std::vector<ReplicaEvent>& events) {
  const auto exit = child_ ? child_->ended() : std::nullopt;
  switch (phase_) {
    case Phase::kNew:
      launch(now, events);
      break;
    case Phase::kStarting:
      if (exit) {
        ended(exit->text(), now, events);
      } else {
        check_ready(now, events);
      }
      break;
    case Phase::kReady:
      if (exit) ended(exit->text(), now, events);
      break;
    case Phase::kWaiting:
      if (now >= next_) launch(now, events);
      break;
    case Phase::kStopping:
      if (!child_ || exit) {
        events.push_back({ReplicaEvent::Kind::kStopped, start_.id, "", {}, ""});
        phase_ = Phase::kCleaning;
        give_up_ = now + kCleanTimeout;
        clean(now);
      } else if (now >= next_) {
        child_->signal(SIGKILL);
      }
      break;
    case Phase::kCleaning:
      clean(now);
      break;
    case Phase::kGone:
      break;
  }
}

void ReplicaProcess::launch(Instant now, std::vector<ReplicaEvent>& events) {
  launched_ = now;
  next_ = now;
  probe_ = {};  // of an earlier start, whose process is gone
  if (const auto status = spawn(); !status) {
    attempt_failed(status.error().message, now, events);
    return;
  }
  phase_ = Phase::kStarting;
}

Status ReplicaProcess::spawn() {
  const auto port = free_port(surroundings_.host);
  if (!port) return fail(port.error());
  port_ = *port;
  ChildOptions options;
  options.arguments = {surroundings_.program.string(),
                       "--model",
                       start_.model.name,
                       "--artifact",
                       start_.model.artifact,
                       "--host",
                       surroundings_.host,
                       "--port",
                       std::to_string(port_),
                       "--concurrency",
                       std::to_string(start_.model.concurrency)};
  options.environment = {surroundings_.mark};
  // CUDA's libraries see the named devices only, and none where the list is empty.
  if (start_.node_has_gpus) {
    options.environment.push_back(
        fmt::format("CUDA_VISIBLE_DEVICES={}", fmt::join(start_.devices, ",")));
  }
  options.output = log_;
  if (surroundings_.cgroups != nullptr && !cgroup_) {
    auto made = surroundings_.cgroups->create(log_name(start_.id));
    if (!made) return fail(made.error());
    cgroup_ = std::move(*made);
  }
  if (cgroup_) {
    if (auto status = apply_limits(true); !status) return status;
    memory_kills_ = cgroup_->memory_kills();
    options.cgroup_procs = cgroup_->procs_files();
  }
  auto child = ChildProcess::spawn(options);
  if (!child) return fail(child.error());
  child_.emplace(std::move(*child));
  return {};
}

void ReplicaProcess::check_ready(Instant now, std::vector<ReplicaEvent>& events) {
  if (since(launched_, now) > surroundings_.start_timeout) {
    attempt_failed(fmt::format("not ready within {}", format_duration(surroundings_.start_timeout)),
                   now, events);
    return;
  }
  if (!probe_.valid()) {
    if (now < next_) return;
    // Where no thread is to be had it is asked on this one.
    probe_ = std::async([host = surroundings_.host, port = port_] {
      const bool ready = probe_ready(host, port, kProbeTimeout);
      return Probe{ready, std::chrono::steady_clock::now()};
    });
  }
  if (probe_.wait_for(std::chrono::seconds(0)) == std::future_status::timeout) return;
  const auto [ready, answered] = probe_.get();
  next_ = answered + kProbeInterval;
  if (!ready) return;
  if (auto status = apply_limits(false); !status) {
    attempt_failed(status.error().message, now, events);
    return;
  }
  const auto cold_start = was_ready_ ? Duration{} : since(launched_, answered);
  phase_ = Phase::kReady;
  was_ready_ = true;
  ready_since_ = answered;
  events.push_back({ReplicaEvent::Kind::kReady, start_.id,
                    fmt::format("{}:{}", surroundings_.host, port_), cold_start, ""});
}

void ReplicaProcess::ended(const std::string& how, Instant now, std::vector<ReplicaEvent>& events) {
  attempt_failed(why_ended(how), now, events, killed_for_memory());
}

void ReplicaProcess::attempt_failed(const std::string& why, Instant now,
                                    std::vector<ReplicaEvent>& events, bool memory_kill) {
  const auto ready_for = phase_ == Phase::kReady ? since(ready_since_, now) : Duration{};
  child_.reset();
  cpu_ended_s_ += std::exchange(cpu_running_s_, 0);
  const auto wait = backoff_.failed(ready_for);
  if (wait) {
    phase_ = Phase::kWaiting;
    next_ = now + *wait;
    events.push_back({ReplicaEvent::Kind::kUnready,
                      start_.id,
                      "",
                      {},
                      fmt::format("{}; next start in {}", why, format_duration(*wait)),
                      memory_kill});
    return;
  }
  phase_ = Phase::kCleaning;
  give_up_ = now + kCleanTimeout;
  events.push_back(
      {ReplicaEvent::Kind::kFailed,
       start_.id,
       "",
       {},
       fmt::format("given up after {} failed starts in a row: {}", backoff_.failures(), why),
       memory_kill});
}

bool ReplicaProcess::stop(Duration grace, Instant now) {
  if (phase_ == Phase::kCleaning || phase_ == Phase::kGone) return false;
  if (phase_ == Phase::kStopping) return true;
  phase_ = Phase::kStopping;
  next_ = now + grace;
  if (child_) child_->signal(SIGTERM);
  return true;
}

void ReplicaProcess::clean(Instant now) {
  if (cgroup_) {
    cgroup_->kill_all();
    const auto removed = cgroup_->remove();
    if (!removed && now < give_up_) return;
    if (!removed) spdlog::warn("{}: {}", start_.id, removed.error().message);
    cgroup_.reset();
  }
  phase_ = Phase::kGone;
}

bool ReplicaProcess::killed_for_memory() const {
  return cgroup_ && cgroup_->memory_kills() > memory_kills_;
}

std::string ReplicaProcess::why_ended(const std::string& how) const {
  const auto program = surroundings_.program.filename().string();
  if (killed_for_memory()) {
    return fmt::format("{} was killed at its memory limit of {}: raise resources.memory", program,
                       format_memory(start_.model.resources.memory_bytes));
  }
  const auto words = log_.empty() ? "" : last_line(log_);
  return fmt::format("{} ended with {}{}{}", program, how, words.empty() ? "" : ": ", words);
}

Status ReplicaProcess::apply_limits(bool boosted) {
  if (!cgroup_) return {};
  auto limits = start_.model.resources;
  if (boosted) limits.cpu_millis = std::max(limits.cpu_millis, kBoostCpuMillis);
  return cgroup_->set_limits(limits);
}

Status ReplicaProcess::resize(const Resources& resources) {
  const auto before = std::exchange(start_.model.resources, resources);
  auto status = apply_limits(phase_ != Phase::kReady);
  if (!status) {
    start_.model.resources = before;
    static_cast<void>(apply_limits(phase_ != Phase::kReady));  // one of two may have been taken
  }
  return status;
}

std::int64_t ReplicaProcess::memory_bytes() {
  if (cgroup_) return cgroup_->memory_in_use().value_or(0);
  return child_ && child_->running() ? process_memory_bytes(child_->pid()) : 0;
}

std::optional<double> ReplicaProcess::cpu_seconds() {
  if (cgroup_) {
    const auto used = cgroup_->cpu_seconds();
    return used ? std::optional(*used) : std::nullopt;
  }
  if (child_ && child_->running()) {
    const auto used = process_cpu_seconds(child_->pid());
    if (!used) return std::nullopt;
    cpu_running_s_ = *used;
  }
  return cpu_ended_s_ + cpu_running_s_;
}

}  // namespace starling
