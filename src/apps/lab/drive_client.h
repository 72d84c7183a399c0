// Many HTTP requests at once on one thread: libcurl's multi interface on epoll, connections kept
// alive.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling::lab {

struct ClientReply {
  std::uint64_t id = 0;
  long status = 0;          // HTTP status; 0 without an answer
  bool unanswered = false;  // the connection failed before a single byte of the answer
  std::string problem;      // libcurl's words when there was no complete answer
};

/// Posts bodies and reports answers; their content is thrown away. One thread.
class DriveClient {
 public:
  using OnReply = std::function<void(const ClientReply&)>;

  /// Errors: no file descriptors left.
  static Result<std::unique_ptr<DriveClient>> create(OnReply on_reply);
  ~DriveClient();
  DriveClient(const DriveClient&) = delete;
  DriveClient& operator=(const DriveClient&) = delete;

  /// `url` and `body` must outlive the request.
  void post(std::uint64_t id, const std::string& url, const std::string& body, Duration timeout);
  /// Handles what happens until `wake`, a time of the monotonic clock, at the latest.
  void run_until(std::chrono::steady_clock::time_point wake);
  std::size_t open() const { return ids_.size(); }

 private:
  explicit DriveClient(OnReply on_reply);
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  void collect();

  OnReply on_reply_;
  CURLM* multi_ = nullptr;
  curl_slist* headers_ = nullptr;
  int epoll_ = -1;
  int timer_ = -1;
  std::optional<std::chrono::steady_clock::time_point> curl_due_;
  std::unordered_map<CURL*, std::uint64_t> ids_;
  std::vector<CURL*> idle_;
};

/// One GET with a bound on time and size. Errors: no answer, a status other than 200.
Result<std::string> http_get(const std::string& url, Duration timeout);

}  // namespace starling::lab
