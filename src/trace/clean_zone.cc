#include "trace/clean_zone.h"

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "sql/database.h"
#include "trace/clean_zone.sql.h"
#include "trace/timestamp.h"

namespace starling {
namespace {

constexpr TimePoint kFirst{std::chrono::sys_days{std::chrono::January / 1 / 1970}};
constexpr TimePoint kLast{std::chrono::sys_days{std::chrono::January / 1 / 2100}};

Result<std::vector<std::string>> zone_names(sql::Connection& connection) {
  auto rows = connection.query("SELECT name FROM pg_timezone_names() ORDER BY name");
  if (!rows) return fail(rows.error());
  std::vector<std::string> names;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return names;
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
      names.emplace_back((*chunk)->text(row, 0));
    }
  }
}

/// Where one offset gives way to the next: the local times that exist twice or not at all.
struct Seam {
  std::int64_t local_begin_us = 0;
  std::int64_t local_end_us = 0;
  std::int64_t before_us = 0;  // the offsets on its two sides
  std::int64_t after_us = 0;

  bool repeats() const { return after_us < before_us; }
  bool holds(std::int64_t local_us) const {
    return local_begin_us <= local_us && local_us < local_end_us;
  }
};

std::vector<Seam> seams_of(const std::vector<ZoneOffset>& offsets) {
  std::vector<Seam> seams;
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    const std::int64_t at = offsets[i].since.time_since_epoch().count();
    const std::int64_t before = offsets[i - 1].offset.count();
    const std::int64_t after = offsets[i].offset.count();
    seams.push_back({at + std::min(before, after), at + std::max(before, after), before, after});
  }
  return seams;
}

/// Rows from this place in `rows` on belong to the second pass; rows.size() when none is known to.
std::size_t second_pass(const std::vector<std::size_t>& rows,
                        const std::vector<std::int64_t>& times, const Seam& seam) {
  std::int64_t fall_max = 0;
  std::size_t place = rows.size();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::int64_t fall = times[rows[i - 1]] - times[rows[i]];
    if (fall <= fall_max) continue;
    fall_max = fall;
    place = i;
  }
  if (4 * fall_max >= seam.local_end_us - seam.local_begin_us) return place;
  if (rows.size() == 2 && times[rows[0]] == times[rows[1]]) return 1;
  return rows.size();
}

std::string local_text(std::int64_t local_us) {
  std::string text = timestamp_text(TimePoint{Duration{local_us}}, true);
  text.pop_back();  // the Z: it is no UTC
  return text;
}

std::string change_text(std::int64_t local_us, std::int64_t offset_us) {
  return local_text(local_us) + " is " +
         timestamp_text(TimePoint{Duration{local_us - offset_us}}, true);
}

}  // namespace

Result<std::vector<ZoneOffset>> zone_offsets(const std::string& zone, TimePoint from,
                                             TimePoint to) {
  auto database = sql::Database::open("");
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  const auto names = zone_names(*connection);
  if (!names) return fail(names.error());
  if (std::find(names->begin(), names->end(), zone) == names->end()) {
    return fail(ErrorCode::kInvalid,
                "no time zone '{}'{}; give its IANA name, such as Europe/Berlin or UTC", zone,
                did_you_mean(zone, *names));
  }
  // A local time is at most a day off its UTC.
  const TimePoint begin = std::clamp(from, kFirst + 24h, kLast) - 24h;
  const TimePoint end = std::clamp(to, kFirst, kLast - 24h) + 24h;
  auto rows = connection->query(std::string(kCleanZoneSql), {zone, begin.time_since_epoch().count(),
                                                             end.time_since_epoch().count()});
  if (!rows) return fail(rows.error());
  std::vector<ZoneOffset> offsets;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return offsets;
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
      offsets.push_back(
          {TimePoint{Duration{(*chunk)->integer(row, 0)}}, Duration{(*chunk)->integer(row, 1)}});
    }
  }
}

LocalTimes local_to_utc(Samples& samples, const std::vector<ZoneOffset>& offsets) {
  LocalTimes result;
  const std::vector<Seam> seams = seams_of(offsets);
  auto& times = samples.times_us;
  std::map<std::size_t, std::vector<std::size_t>> repeated;  // rows in each repeated hour
  std::vector<std::int64_t> utc(times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    // The last seam that does not end after this local time, hence the offset in force.
    const auto next = std::partition_point(seams.begin(), seams.end(), [&](const Seam& seam) {
      return seam.local_end_us <= times[i];
    });
    const std::int64_t offset =
        next == seams.begin() ? offsets.front().offset.count() : std::prev(next)->after_us;
    utc[i] = times[i] - offset;
    result.shifted.add([&] { return change_text(times[i], offset); });
    if (next == seams.end() || !next->holds(times[i])) continue;
    if (next->repeats()) {
      repeated[static_cast<std::size_t>(next - seams.begin())].push_back(i);
    } else {
      result.skipped.add([&] { return change_text(times[i], offset); });
    }
  }
  for (const auto& entry : repeated) {
    const auto seam = entry.first;
    const auto& rows = entry.second;  // a structured binding cannot be captured
    const std::size_t place = second_pass(rows, times, seams[seam]);
    Touched& told = place < rows.size() ? result.repeated : result.assumed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::int64_t offset = i < place ? seams[seam].before_us : seams[seam].after_us;
      utc[rows[i]] = times[rows[i]] - offset;
      told.add([&] { return change_text(times[rows[i]], offset); });
    }
  }
  times = std::move(utc);
  return result;
}

}  // namespace starling
