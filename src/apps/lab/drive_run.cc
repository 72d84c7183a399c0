#include "apps/lab/drive_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <unordered_map>

#include "apps/lab/drive_client.h"

namespace starling::lab {
namespace {

using Steady = std::chrono::steady_clock;

class Drive {
 public:
  Drive(const std::vector<DriveModel>& models, const DriveOptions& options)
      : models_(models),
        options_(options),
        away_until_s_(options.gateways.size(), 0),
        second_(models.size()) {
    const Rng root(options.seed);
    report_.models.resize(models.size());
    for (std::size_t i = 0; i < models.size(); ++i) {
      schedules_.emplace_back(models[i].plan, root.split(i));
      auto& urls = urls_.emplace_back();
      for (const auto& gateway : options.gateways)
        urls.push_back(gateway + "/v2/models/" + models[i].name + "/infer");
    }
  }

  Result<DriveReport> run(const std::function<bool()>& stop);

 private:
  struct Open {
    std::size_t model;
    double intended_s;
    double sent_s;
    std::size_t gateway;
    int retries;
  };
  struct Second {  // what the progress line shows
    std::uint64_t sent = 0, failed = 0;
    LatencyHistogram latency;
  };

  double elapsed() const { return std::chrono::duration<double>(Steady::now() - begin_).count(); }
  Steady::time_point at(double s) const {
    return begin_ + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(s));
  }
  std::size_t gateway_from(std::uint64_t turn) const;
  void send_due(double limit_s);
  void post(std::uint64_t id, const Open& open);
  void on_reply(const ClientReply& reply);
  void progress(double now_s);
  double next_send() const;

  const std::vector<DriveModel>& models_;
  const DriveOptions& options_;
  std::vector<PoissonSchedule> schedules_;
  std::vector<std::vector<std::string>> urls_;  // [model][gateway]
  std::unique_ptr<DriveClient> client_;
  std::unordered_map<std::uint64_t, Open> open_;
  std::uint64_t next_id_ = 0;
  Steady::time_point begin_{};
  std::vector<double> away_until_s_;  // by gateway
  double shown_s_ = 0;
  std::vector<Second> second_;
  DriveReport report_;
};

double Drive::next_send() const {
  double next = std::numeric_limits<double>::infinity();
  for (const auto& schedule : schedules_) next = std::min(next, schedule.next());
  return next;
}

/// In turn, as a load balancer would: one that did not answer is left alone for a second.
std::size_t Drive::gateway_from(std::uint64_t turn) const {
  const std::size_t count = options_.gateways.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t gateway = (turn + i) % count;
    if (elapsed() >= away_until_s_[gateway]) return gateway;
  }
  return turn % count;
}

void Drive::send_due(double limit_s) {
  for (std::size_t i = 0; i < models_.size(); ++i) {
    auto& tally = report_.models[i];
    while (schedules_[i].next() <= std::min(elapsed(), limit_s)) {
      const double intended_s = schedules_[i].next();
      schedules_[i].advance();
      const double now_s = elapsed();
      report_.lag.add(now_s - intended_s);
      const auto step = static_cast<std::size_t>(intended_s / models_[i].plan.step_s);
      if (tally.sent_per_step.size() <= step) tally.sent_per_step.resize(step + 1, 0);
      ++tally.sent_per_step[step];
      ++tally.sent;
      ++second_[i].sent;
      const std::uint64_t id = next_id_++;
      post(id, open_[id] = {i, intended_s, now_s, gateway_from(id), 0});
    }
  }
}

void Drive::post(std::uint64_t id, const Open& open) {
  const double left_s = seconds(options_.timeout) - (elapsed() - open.sent_s);
  client_->post(id, urls_[open.model][open.gateway], models_[open.model].body,
                from_seconds(std::max(left_s, 0.001)));
}

void Drive::on_reply(const ClientReply& reply) {
  const auto found = open_.find(reply.id);
  Open& open = found->second;
  auto& tally = report_.models[open.model];
  if (reply.unanswered && open.retries < options_.retries_max && options_.gateways.size() > 1) {
    ++open.retries;
    ++tally.retried;
    constexpr double kAwaySeconds = 1;
    away_until_s_[open.gateway] = elapsed() + kAwaySeconds;
    open.gateway = gateway_from(open.gateway + 1);
    post(reply.id, open);
    return;
  }
  const double latency_s = elapsed() - open.intended_s;
  if (reply.status == 200) {
    ++tally.answered;
    tally.latency.add(latency_s);
    second_[open.model].latency.add(latency_s);
    const auto& slo = models_[open.model].slo;
    if (slo && latency_s <= seconds(*slo)) ++tally.met_slo;
  } else {
    ++tally.failed;
    ++second_[open.model].failed;
    tally.problem =
        reply.problem.empty() ? fmt::format("HTTP status {}", reply.status) : reply.problem;
  }
  open_.erase(found);
}

void Drive::progress(double now_s) {
  if (options_.quiet) {
    shown_s_ = now_s;
    return;
  }
  std::string line = fmt::format("{:4.0f} s  {} open", now_s, open_.size());
  const double passed_s = std::max(now_s - shown_s_, 1e-3);
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const auto& second = second_[i];
    line += fmt::format("  {} {:.0f}/s p50 {:.0f} p99 {:.0f} ms", models_[i].name,
                        static_cast<double>(second.sent) / passed_s,
                        second.latency.quantile(0.5) * 1e3, second.latency.quantile(0.99) * 1e3);
    if (second.failed > 0) line += fmt::format(" {} failed", second.failed);
    second_[i] = {};
  }
  shown_s_ = now_s;
  if (options_.animate) {
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
  } else {
    fmt::print(stderr, "{}\n", line);
  }
}

Result<DriveReport> Drive::run(const std::function<bool()>& stop) {
  auto client = DriveClient::create([this](const ClientReply& reply) { on_reply(reply); });
  if (!client) return fail(client.error());
  client_ = std::move(*client);
  begin_ = Steady::now();
  const double end_s = seconds(options_.duration);
  while (!stop()) {
    // However late it is: what was intended before the end is sent, or the slowest would be
    // missing.
    send_due(end_s);
    const double now_s = elapsed();
    if (now_s >= end_s && next_send() > end_s && open_.empty()) break;
    if (now_s - shown_s_ >= 1) progress(now_s);
    const double next_s = next_send() <= end_s ? next_send() : std::max(end_s, now_s + 0.05);
    client_->run_until(at(std::min(next_s, shown_s_ + 1)));
  }
  if (options_.animate) fmt::print(stderr, "\n");
  for (const auto& [id, open] : open_) ++report_.models[open.model].unfinished;
  report_.elapsed_s = std::min(elapsed(), end_s);
  client_.reset();
  return std::move(report_);
}

}  // namespace

Result<DriveReport> drive(const std::vector<DriveModel>& models, const DriveOptions& options,
                          const std::function<bool()>& stop) {
  return Drive(models, options).run(stop);
}

}  // namespace starling::lab
