#include "apps/lab/prometheus_fetch.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/units.h"
#include "trace/import.h"

namespace starling::lab {
namespace {

constexpr std::int64_t kPointsPerAnswer = 11'000;
constexpr std::int64_t kAnswersMax = 1'000;

struct Body {
  std::string text;
  std::int64_t bytes_max = 0;
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* context) {
  auto& body = *static_cast<Body*>(context);
  if (static_cast<std::int64_t>(body.text.size() + size * count) > body.bytes_max) return 0;
  body.text.append(data, size * count);
  return size * count;
}

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, CurlDeleter>;

std::string escaped(CURL* curl, const std::string& text) {
  char* bytes = curl_easy_escape(curl, text.data(), static_cast<int>(text.size()));
  std::string result = bytes == nullptr ? "" : bytes;
  curl_free(bytes);
  return result;
}

/// The server's own words on what is wrong, or the beginning of what it sent.
std::string reason_in(const std::string& answer) {
  const auto json = parse_json(answer);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    return json["error"].get<std::string>();
  }
  return answer.substr(0, std::min<std::size_t>(200, answer.find('\n')));
}

/// One request; `left` is the time that remains for it.
Result<std::string> post(CURL* curl, const std::string& url, const std::string& form, Duration left,
                         std::int64_t bytes_max) {
  Body body{{}, bytes_max};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(form.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form.c_str());
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, std::max<long>(1, left / 1ms));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_WRITE_ERROR) {
    return fail(ErrorCode::kTooLarge,
                "{}: the answer is longer than {} bytes: ask for less time, a longer step or fewer "
                "series",
                url, bytes_max);
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fail(ErrorCode::kTimeout,
                "{}: no whole answer in time: ask for less time or fewer series", url);
  }
  if (code != CURLE_OK) {
    return fail(ErrorCode::kUnavailable, "{}: {}", url, curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return fail(ErrorCode::kInvalid, "{}: HTTP status {}: {}", url, status, reason_in(body.text));
  }
  return std::move(body.text);
}

Result<std::unique_ptr<PrometheusAnswers>> make_folder() {
  std::error_code error;
  std::string name = std::filesystem::temp_directory_path(error) / "starling-prometheus-XXXXXX";
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::kInternal, "{}: no temporary folder: {}", name, std::strerror(errno));
  }
  return std::make_unique<PrometheusAnswers>(name);
}

Status check(const PrometheusQuery& query) {
  if (query.step < 1ms) return fail(ErrorCode::kInvalid, "the step must be at least 1ms");
  if (query.to <= query.from) return fail(ErrorCode::kInvalid, "the time asked for is empty");
  if ((query.to - query.from) / query.step > kPointsPerAnswer * kAnswersMax) {
    return fail(ErrorCode::kTooLarge,
                "more than {} points a series: ask for less time, or a longer "
                "step than {}",
                kPointsPerAnswer * kAnswersMax, format_duration(query.step));
  }
  return {};
}

}  // namespace

PrometheusAnswers::~PrometheusAnswers() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Status PrometheusAnswers::add(const std::string& answer) {
  const auto file = folder_ / fmt::format("answer-{}.json", files_.size());
  if (Status status = write_file_atomically(file, answer, 0600); !status) return status;
  files_.push_back(file.string());
  return {};
}

Result<std::unique_ptr<PrometheusAnswers>> fetch_prometheus(const PrometheusQuery& query) {
  if (Status status = check(query); !status) return fail(status.error());
  const Curl curl(curl_easy_init());
  if (!curl) return fail(ErrorCode::kInternal, "no HTTP client");
  auto answers = make_folder();
  if (!answers) return fail(answers.error());

  std::string url = query.url;
  while (url.ends_with('/')) url.pop_back();
  url += "/api/v1/query_range";
  const auto deadline = std::chrono::steady_clock::now() + query.time_max;
  std::int64_t bytes_left = query.bytes_max;
  std::int64_t points = kPointsPerAnswer;
  for (TimePoint from = query.from; from <= query.to;) {
    const TimePoint to = std::min(query.to, from + (points - 1) * query.step);
    const std::string form = fmt::format("query={}&start={:.3f}&end={:.3f}&step={:.3f}",
                                         escaped(curl.get(), query.promql), unix_seconds(from),
                                         unix_seconds(to), seconds(query.step));
    const auto left =
        std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
    if (left <= Duration{0}) {
      return fail(ErrorCode::kTimeout, "{}: not all answers in {}: ask for less time", url,
                  format_duration(query.time_max));
    }
    auto answer =
        post(curl.get(), url, form, left, std::min(bytes_left, kPrometheusAnswerBytesMax));
    if (!answer) {
      const bool divides = answer.error().code == ErrorCode::kTooLarge && points > 1 &&
                           bytes_left > kPrometheusAnswerBytesMax;
      if (!divides) return fail(answer.error());
      points = (points + 1) / 2;
      continue;
    }
    bytes_left -= static_cast<std::int64_t>(answer->size());
    if (Status status = (*answers)->add(*answer); !status) return fail(status.error());
    from += points * query.step;
  }
  return answers;
}

}  // namespace starling::lab
