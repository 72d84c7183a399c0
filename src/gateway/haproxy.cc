#include "gateway/haproxy.h"

#include <signal.h>

#include <algorithm>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/child_process.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/haproxy_runtime.h"
#include "gateway/holding_server.h"
#include "gateway/limits.h"
#include "gateway/request_log.h"
#include "gateway/slots.h"
#include "gateway/unix_socket.h"

namespace starling {
namespace {

constexpr Duration kStartTimeout = 5s;
// HAProxy binds "<path>.<pid>.tmp" first and renames it.
constexpr std::size_t kSocketSuffixBytes = 12;
// HAProxy writes a line for every change of a server.
constexpr std::uintmax_t kMessagesBytesMax = 8 << 20;

std::set<std::string> models_of(const Routes& routes) {
  std::set<std::string> models;
  for (const auto& [model, targets] : routes) models.insert(model);
  return models;
}

/// HAProxy's configuration and commands end words at what these are.
Status check_plain_path(const std::filesystem::path& path) {
  const std::string text = path.string();
  const auto bad = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' ||
           std::string_view("\"'\\#$;").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (bad == text.end()) return {};
  return fail(ErrorCode::kInvalid,
              "the gateway's folder {} has '{}' in its name, which HAProxy would misread: choose a "
              "data folder without blanks, quotes, backslashes, #, $ and ;",
              text, *bad);
}

Status prepare_folder(const HaproxyOptions& options) {
  const auto files = haproxy_files(options);
  if (auto status = check_unix_path(files.runtime_socket, kSocketSuffixBytes); !status)
    return status;
  if (auto status = check_unix_path(files.log_socket); !status) return status;
  if (auto status = check_plain_path(options.directory); !status) return status;
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (!error) {
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, error);
  }
  if (error)
    return fail(ErrorCode::kInternal, "{}: {}", options.directory.string(), error.message());
  return {};
}

/// Why HAProxy did not start, from what it printed.
tl::unexpected<Error> start_error(const HaproxyOptions& options, const std::string& ended) {
  const auto file = haproxy_files(options).messages;
  const std::string text = read_file(file, 1 << 20).value_or("");
  if (text.find("Address already in use") != std::string::npos) {
    return fail(ErrorCode::kConflict,
                "the gateway cannot listen on {}:{}: another program has this port; choose another "
                "port or stop it",
                options.host, options.port);
  }
  return fail(ErrorCode::kInternal, "HAProxy did not start ({}); it says, in {}: {}", ended,
              file.string(), text.substr(0, 2000));
}

class SupervisedHaproxy final : public HaproxyGateway {
 public:
  SupervisedHaproxy(HaproxyOptions options, std::filesystem::path program,
                    std::unique_ptr<RequestLog> log, std::unique_ptr<HoldingServer> holding)
      : options_(std::move(options)),
        files_(haproxy_files(options_)),
        program_(std::move(program)),
        log_(std::move(log)),
        holding_(std::move(holding)),
        runtime_(files_.runtime_socket),
        slots_(options_, runtime_, *holding_),
        limit_table_(options_, runtime_),
        totals_seen_(static_cast<std::size_t>(options_.slots), 0) {}

  ~SupervisedHaproxy() override {
    if (child_) child_->terminate(1s);
  }

  void finish(Duration patience) override {
    if (!child_) return;
    child_->signal(SIGUSR1);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (child_->running() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(5ms);
  }

  pid_t pid() const override { return child_ ? child_->pid() : 0; }

  Status apply(const Routes& routes) override {
    if (auto status = SlotTable::check(routes); !status) return status;
    routes_ = routes;
    log_->know(models_of(routes));
    holding_->know(models_of(routes));
    if (auto status = supervise(); !status) return status;
    const Status followed = slots_.follow(routes_);
    if (routes_known_ || is_away(followed)) return followed;
    // One model that can't be served keeps none of the others from being served.
    const Status told =
        runtime_.tell(fmt::format("add map {} {}", files_.map.string(), kRoutesKnown));
    routes_known_ = told.has_value();
    return followed ? told : followed;
  }

  Status limit(const AdmissionLimits& limits) override {
    limits_ = limits;
    std::erase_if(limits_, [&](const auto& entry) { return !routes_.contains(entry.first); });
    if (auto status = supervise(); !status) return status;
    return limit_table_.follow(limits_);
  }

  Result<std::vector<ModelTraffic>> collect() override {
    if (auto status = supervise(); !status) return fail(status.error());
    const auto rows = runtime_.stats();
    if (!rows) return fail(rows.error());
    auto traffic = traffic_of(*rows);
    slots_.settle(*rows);
    bound_log_file(files_.messages, kMessagesBytesMax);
    // What could not be done is said by apply(), which tries it again; the counts count all the
    // same.
    (void)slots_.follow(routes_);
    return traffic;
  }

  Status launch() {
    backoff_.attempt(std::chrono::steady_clock::now());
    if (auto status = slots_.assign(routes_); !status) spdlog::warn("{}", status.error().message);
    slots_.restarted(routes_);
    std::fill(totals_seen_.begin(), totals_seen_.end(), 0);
    const auto map = haproxy_map_text(slots_.slot_of_model(), routes_known_);
    if (auto status =
            write_file_atomically(files_.configuration, haproxy_config_text(options_), 0600);
        !status) {
      return status;
    }
    if (auto status = write_file_atomically(files_.map, map, 0600); !status) return status;
    if (auto status = limit_table_.write(limits_); !status) return status;
    std::error_code ignored;
    std::filesystem::remove(files_.messages, ignored);
    ChildOptions child_options;
    child_options.arguments = {program_.string(), "-db", "-f", files_.configuration.string()};
    // Its request buffers are over the C library's limit for memory that goes back to the kernel
    // with every free.
    child_options.environment = {"MALLOC_MMAP_THRESHOLD_=4194304",
                                 "MALLOC_TRIM_THRESHOLD_=67108864"};
    child_options.output = files_.messages;
    auto child = ChildProcess::spawn(child_options);
    if (!child) return fail(child.error());
    child_ = std::move(*child);
    return wait_until_ready();
  }

 private:
  Status wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
    while (true) {
      if (const auto ended = child_->ended()) {
        child_.reset();
        return start_error(options_, ended->text());
      }
      // An earlier HAProxy's socket does not answer, and only this one's can tell this process id.
      const auto info = runtime_.ask("show info");
      if (info && info->find(fmt::format("\nPid: {}\n", child_->pid())) != std::string::npos)
        return {};
      if (std::chrono::steady_clock::now() > deadline) {
        child_.reset();
        return start_error(options_, fmt::format("not ready after {} s", kStartTimeout / 1s));
      }
      std::this_thread::sleep_for(5ms);
    }
  }

  /// Starts HAProxy again if it died.
  Status supervise() {
    if (child_) {
      const auto ended = child_->ended();
      if (!ended) return {};
      spdlog::error("HAProxy ended with {}; it is started again", ended->text());
      child_.reset();
    }
    if (std::chrono::steady_clock::now() < backoff_.next()) {
      return fail(ErrorCode::kUnavailable, "HAProxy keeps ending; see {}",
                  files_.messages.string());
    }
    if (auto status = launch(); !status) return status;
    return slots_.follow(routes_);
  }

  std::vector<ModelTraffic> traffic_of(const std::vector<StatRow>& rows) {
    std::map<std::string, const StatRow*> sums, stand_ins;
    for (const auto& row : rows) {
      if (row.server == "BACKEND") sums[row.backend] = &row;
      if (row.server == kStandIn) stand_ins[row.backend] = &row;
    }
    auto finished = log_->take();
    const auto slot_of_model = slots_.slot_of_model();
    std::vector<ModelTraffic> traffic;
    for (const auto& [model, targets] : routes_) {
      ModelTraffic t;
      t.model = model;
      const auto slot = slot_of_model.find(model);
      if (slot != slot_of_model.end()) {
        const auto backend = slot_backend(slot->second);
        add_load(t, sums[backend], stand_ins[backend]);
      }
      add_finished(t, std::move(finished[model]));
      traffic.push_back(std::move(t));
    }
    count_arrivals(traffic, slot_of_model, sums);
    return traffic;
  }

  /// A request that the stand-in holds waits for a replica like the queued ones.
  static void add_load(ModelTraffic& t, const StatRow* sum, const StatRow* stand_in) {
    if (sum == nullptr || stand_in == nullptr) return;
    t.in_flight = static_cast<double>(sum->sessions);
    t.queued = static_cast<double>(sum->queued + stand_in->sessions);
  }

  static void add_finished(ModelTraffic& t, RequestTotals totals) {
    t.completed = totals.completed;
    t.failed = totals.failed;
    t.rejected = totals.rejected;
    t.latency = std::move(totals.latency);
    t.service_sum_s = totals.service_sum_s;
    t.service_square_sum = totals.service_square_sum;
    t.service_count = totals.service_count;
  }

  /// Every slot's counter moves on, free ones too: the next model of a slot starts from zero.
  void count_arrivals(std::vector<ModelTraffic>& traffic,
                      const std::map<std::string, int>& slot_of_model,
                      const std::map<std::string, const StatRow*>& sums) {
    std::vector<std::uint64_t> arrivals(totals_seen_.size(), 0);
    for (std::size_t slot = 0; slot < totals_seen_.size(); ++slot) {
      const auto sum = sums.find(slot_backend(static_cast<int>(slot)));
      if (sum == sums.end() || sum->second == nullptr) continue;
      arrivals[slot] = sum->second->total - totals_seen_[slot];
      totals_seen_[slot] = sum->second->total;
    }
    for (auto& t : traffic) {
      const auto slot = slot_of_model.find(t.model);
      if (slot != slot_of_model.end())
        t.arrivals = arrivals[static_cast<std::size_t>(slot->second)];
    }
  }

  HaproxyOptions options_;
  HaproxyFiles files_;
  std::filesystem::path program_;
  std::unique_ptr<RequestLog> log_;
  std::unique_ptr<HoldingServer> holding_;
  HaproxyRuntime runtime_;
  SlotTable slots_;
  LimitTable limit_table_;
  std::vector<std::uint64_t> totals_seen_;  // `stot` of each slot at the last collection
  bool routes_known_ = false;               // to HAProxy too
  Routes routes_;
  AdmissionLimits limits_;
  Backoff backoff_;
  std::optional<ChildProcess> child_;
};

}  // namespace

Result<std::unique_ptr<HaproxyGateway>> HaproxyGateway::start(const HaproxyOptions& options) {
  const auto program = find_program("haproxy", "haproxy");
  if (!program) return fail(program.error());
  if (auto status = prepare_folder(options); !status) return fail(status.error());
  const auto files = haproxy_files(options);
  auto log = RequestLog::start(files.log_socket);
  if (!log) return fail(log.error());
  auto holding = HoldingServer::start({.socket = files.hold_socket,
                                       .hold = options.queue_timeout,
                                       .request_bytes_max = kRepeatableRequestBytes});
  if (!holding) return fail(holding.error());
  auto gateway =
      std::make_unique<SupervisedHaproxy>(options, *program, std::move(*log), std::move(*holding));
  if (auto status = gateway->launch(); !status) return fail(status.error());
  return gateway;
}

}  // namespace starling
