#include "history/queue.h"

#include <algorithm>
#include <utility>

namespace starling::history {
namespace {

std::int64_t rows_of(const Event& event) {
  const auto* forecast = std::get_if<ForecastFact>(&event);
  return forecast == nullptr ? 1 : static_cast<std::int64_t>(forecast->steps.size());
}

std::int64_t rows_of(const UsageFact& fact) {
  const auto& buckets = fact.latency.buckets();
  return 1 + std::count_if(buckets.begin(), buckets.end(), [](auto count) { return count > 0; });
}

}  // namespace

void FactQueue::push(UsageFact fact) {
  const std::int64_t rows = rows_of(fact);
  const std::lock_guard lock(mutex_);
  ++tickets_;
  if (rows > rows_max_) {
    shed_.usage_rows += rows;
    return;
  }
  make_room(rows);
  usage_.push_back(std::move(fact));
  rows_ += rows;
  if (rows_ >= rows_wanted_) wake_.notify_one();
}

void FactQueue::push(Event event) {
  const std::int64_t rows = rows_of(event);
  const std::lock_guard lock(mutex_);
  ++tickets_;
  if (rows > rows_max_) {
    shed_.event_rows += rows;
    return;
  }
  make_room(rows);
  events_.push_back(std::move(event));
  rows_ += rows;
  if (rows_ >= rows_wanted_) wake_.notify_one();
}

void FactQueue::make_room(std::int64_t rows) {
  while (rows_ + rows > rows_max_ && !usage_.empty()) {
    const std::int64_t dropped = rows_of(usage_.front());
    usage_.pop_front();
    rows_ -= dropped;
    shed_.usage_rows += dropped;
  }
  while (rows_ + rows > rows_max_ && !events_.empty()) {
    const std::int64_t dropped = rows_of(events_.front());
    events_.pop_front();
    rows_ -= dropped;
    shed_.event_rows += dropped;
  }
}

Batch FactQueue::take(std::int64_t rows_wanted, Duration wait) {
  std::unique_lock lock(mutex_);
  rows_wanted_ = std::min(rows_wanted, rows_max_);
  wake_.wait_for(lock, wait, [&] { return closed_ || hurry_ || rows_ >= rows_wanted_; });
  hurry_ = false;
  Batch batch{.usage = {}, .events = {}, .rows = std::exchange(rows_, 0), .last_ticket = tickets_};
  batch.usage.swap(usage_);
  batch.events.swap(events_);
  return batch;
}

std::uint64_t FactQueue::hurry() {
  const std::lock_guard lock(mutex_);
  hurry_ = true;
  wake_.notify_one();
  return tickets_;
}

void FactQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wake_.notify_one();
}

bool FactQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::int64_t FactQueue::rows() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

Shed FactQueue::shed() const {
  const std::lock_guard lock(mutex_);
  return shed_;
}

}  // namespace starling::history
