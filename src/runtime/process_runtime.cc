#include "runtime/process_runtime.h"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/child_process.h"
#include "base/file.h"
#include "base/log.h"
#include "runtime/cgroup.h"
#include "runtime/marked_processes.h"
#include "runtime/replica_logs.h"
#include "runtime/replica_process.h"

namespace starling {
namespace {

constexpr auto kBusyInterval = std::chrono::milliseconds(10);
constexpr auto kQuietInterval = std::chrono::milliseconds(50);
constexpr auto kUsageInterval = std::chrono::milliseconds(200);
constexpr auto kLogInterval = std::chrono::seconds(10);

}  // namespace

/// Owns the replicas and the one thread that touches them. Other threads leave commands and take
/// events.
class ProcessRuntime::Supervisor {
 public:
  Supervisor(ReplicaSurroundings surroundings, std::unique_ptr<CgroupTree> cgroups)
      : cgroups_(std::move(cgroups)), surroundings_(std::move(surroundings)) {
    surroundings_.cgroups = cgroups_.get();
    thread_ = std::thread([this] { run(); });
  }

  ~Supervisor() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
    if (cgroups_) cgroups_->remove_folder();
  }

  Status start(const ReplicaStart& replica);
  Status resize(const std::string& id, const Resources& resources);
  void stop(const std::string& id, Duration grace);
  std::vector<ReplicaEvent> take_events();
  struct Usage {
    double cpu_s = 0;
    std::int64_t memory_bytes = 0;
  };
  std::map<std::string, Usage> usage() const {
    const std::lock_guard lock(mutex_);
    return usage_;
  }
  bool limited() const { return cgroups_ != nullptr; }

 private:
  using Command = std::function<void()>;
  using Replicas = std::map<std::string, std::unique_ptr<ReplicaProcess>>;

  void run();
  void run_commands();
  void step_all();
  void forget_gone();
  void measure_usage();
  void bound_logs();
  void command(Command command);

  std::unique_ptr<CgroupTree> cgroups_;
  ReplicaSurroundings surroundings_;

  Replicas replicas_;  // the thread's alone
  Instant usage_measured_{};
  Instant logs_bounded_{};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Command> commands_;
  std::map<std::string, Usage> usage_;  // its keys are the replicas that exist
  std::vector<ReplicaEvent> events_;
  bool ending_ = false;
  std::thread thread_;
};

Status ProcessRuntime::Supervisor::start(const ReplicaStart& replica) {
  if (::access(replica.model.artifact.c_str(), R_OK) != 0) {
    return fail(ErrorCode::kNotFound,
                "model {}: its artefact {} is not on this machine or not readable",
                replica.model.name, replica.model.artifact);
  }
  {
    const std::lock_guard lock(mutex_);
    if (!usage_.try_emplace(replica.id).second) {
      return fail(ErrorCode::kConflict, "replica {} exists already", replica.id);
    }
  }
  command([this, replica] {
    replicas_[replica.id] =
        std::make_unique<ReplicaProcess>(replica, surroundings_, std::chrono::steady_clock::now());
  });
  return {};
}

Status ProcessRuntime::Supervisor::resize(const std::string& id, const Resources& resources) {
  const auto done = std::make_shared<std::promise<Status>>();
  auto outcome = done->get_future();
  command([this, id, resources, done] {
    const auto found = replicas_.find(id);
    done->set_value(
        found == replicas_.end()
            ? Status(fail(ErrorCode::kNotFound, "there is no replica {} on this node", id))
            : found->second->resize(resources));
  });
  return outcome.get();
}

void ProcessRuntime::Supervisor::stop(const std::string& id, Duration grace) {
  command([this, id, grace] {
    const auto found = replicas_.find(id);
    if (found != replicas_.end() && found->second->stop(grace, std::chrono::steady_clock::now()))
      return;
    const std::lock_guard lock(mutex_);
    events_.push_back({ReplicaEvent::Kind::kStopped, id, "", {}, ""});
  });
}

std::vector<ReplicaEvent> ProcessRuntime::Supervisor::take_events() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void ProcessRuntime::Supervisor::command(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  wake_.notify_all();
}

void ProcessRuntime::Supervisor::run() {
  while (true) {
    step_all();
    forget_gone();
    measure_usage();
    bound_logs();
    bool busy = false;
    for (const auto& [id, replica] : replicas_) busy |= replica->in_transition();
    std::unique_lock lock(mutex_);
    const auto called = [&] { return ending_ || !commands_.empty(); };
    if (replicas_.empty()) {
      wake_.wait(lock, called);
    } else {
      wake_.wait_for(lock, busy ? kBusyInterval : kQuietInterval, called);
    }
    if (ending_) break;
  }
  replicas_.clear();  // on this thread, which spawned them
  run_commands();     // a caller of resize may be waiting
}

void ProcessRuntime::Supervisor::run_commands() {
  while (true) {
    Command next;
    {
      const std::lock_guard lock(mutex_);
      if (commands_.empty()) return;
      next = std::move(commands_.front());
      commands_.pop_front();
    }
    next();
  }
}

void ProcessRuntime::Supervisor::step_all() {
  run_commands();
  for (auto& [id, replica] :
       replicas_) {  // commands may add to the map, which leaves iterators valid
    std::vector<ReplicaEvent> events;
    replica->step(std::chrono::steady_clock::now(), events);
    {
      const std::lock_guard lock(mutex_);
      events_.insert(events_.end(), events.begin(), events.end());
    }
    run_commands();  // nobody waits for more than one start
  }
}

void ProcessRuntime::Supervisor::forget_gone() {
  for (auto entry = replicas_.begin(); entry != replicas_.end();) {
    if (!entry->second->gone()) {
      ++entry;
      continue;
    }
    const std::lock_guard lock(mutex_);
    usage_.erase(entry->first);
    entry = replicas_.erase(entry);
  }
}

void ProcessRuntime::Supervisor::measure_usage() {
  const auto now = std::chrono::steady_clock::now();
  if (now - usage_measured_ < kUsageInterval) return;
  usage_measured_ = now;
  for (const auto& [id, replica] : replicas_) {
    const auto cpu_s = replica->cpu_seconds();
    const auto memory_bytes = replica->memory_bytes();
    const std::lock_guard lock(mutex_);
    if (cpu_s) {
      usage_[id] = {*cpu_s, memory_bytes};
    } else {
      usage_.erase(id);  // a 0 would make its whole past the use of the next second
    }
  }
}

void ProcessRuntime::Supervisor::bound_logs() {
  const auto now = std::chrono::steady_clock::now();
  if (surroundings_.log_folder.empty() || now - logs_bounded_ < kLogInterval) return;
  logs_bounded_ = now;
  std::set<std::filesystem::path> used;
  for (const auto& [id, replica] : replicas_) {
    bound_log_file(replica->log(), kReplicaLogBytesMax);
    used.insert(replica->log());
  }
  remove_old_logs(surroundings_.log_folder, used);
}

Result<std::unique_ptr<ProcessRuntime>> ProcessRuntime::create(ProcessRuntimeOptions options) {
  if (options.program.empty()) options.program = program_directory() / "starling-serve";
  if (::access(options.program.c_str(), X_OK) != 0) {
    return fail(ErrorCode::kNotFound, "{} is not there or not executable: it runs the replicas",
                options.program.string());
  }
  std::error_code error;
  if (!options.log_folder.empty()) std::filesystem::create_directories(options.log_folder, error);
  if (error) {
    return fail(ErrorCode::kInvalid, "cannot make the log folder {}: {}",
                options.log_folder.string(), error.message());
  }
  std::unique_ptr<CgroupTree> cgroups;
  auto opened = open_cgroups("starling-" + options.node, options.cgroup_root);
  int left = 0;
  if (opened) {
    cgroups = std::move(*opened);
    left = cgroups->sweep();
  } else {
    spdlog::warn("replicas run without CPU and memory limits: {}", opened.error().message);
  }
  const auto mark = replica_mark(options.node);
  left += end_marked(mark);  // those that ran without a cgroup
  if (left > 0) {
    spdlog::info("ended {} replicas that an earlier run of node {} left behind", left,
                 options.node);
  }
  ReplicaSurroundings surroundings{options.program, options.host,    options.log_folder,   mark,
                                   nullptr,         options.backoff, options.start_timeout};
  auto supervisor = std::make_unique<Supervisor>(std::move(surroundings), std::move(cgroups));
  return std::unique_ptr<ProcessRuntime>(new ProcessRuntime(std::move(supervisor)));
}

ProcessRuntime::ProcessRuntime(std::unique_ptr<Supervisor> supervisor)
    : supervisor_(std::move(supervisor)) {}

ProcessRuntime::~ProcessRuntime() = default;

Status ProcessRuntime::start(const ReplicaStart& replica) { return supervisor_->start(replica); }

Status ProcessRuntime::resize(const std::string& id, const Resources& resources) {
  return supervisor_->resize(id, resources);
}

void ProcessRuntime::stop(const std::string& id, Duration grace) { supervisor_->stop(id, grace); }

std::vector<ReplicaEvent> ProcessRuntime::poll(TimePoint) { return supervisor_->take_events(); }

std::map<std::string, double> ProcessRuntime::cpu_seconds() const {
  std::map<std::string, double> used;
  for (const auto& [id, usage] : supervisor_->usage()) used[id] = usage.cpu_s;
  return used;
}

std::map<std::string, std::int64_t> ProcessRuntime::memory_bytes() const {
  std::map<std::string, std::int64_t> used;
  for (const auto& [id, usage] : supervisor_->usage()) used[id] = usage.memory_bytes;
  return used;
}

bool ProcessRuntime::limited() const { return supervisor_->limited(); }

}  // namespace starling
