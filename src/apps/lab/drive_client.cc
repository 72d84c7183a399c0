#include "apps/lab/drive_client.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace starling::lab {
namespace {

constexpr long kConnectionsKept = 512;
constexpr std::size_t kAnswerBytesMax = 1 << 20;

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

std::size_t append(char* data, std::size_t size, std::size_t count, void* text) {
  auto& answer = *static_cast<std::string*>(text);
  if (answer.size() + size * count > kAnswerBytesMax) return 0;
  answer.append(data, size * count);
  return size * count;
}

}  // namespace

DriveClient::DriveClient(OnReply on_reply) : on_reply_(std::move(on_reply)) {}

Result<std::unique_ptr<DriveClient>> DriveClient::create(OnReply on_reply) {
  std::unique_ptr<DriveClient> client(new DriveClient(std::move(on_reply)));
  client->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  client->timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  client->multi_ = curl_multi_init();
  if (client->epoll_ < 0 || client->timer_ < 0 || client->multi_ == nullptr) {
    return fail(ErrorCode::kInternal, "cannot set up the client: {}", std::strerror(errno));
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = client->timer_;
  epoll_ctl(client->epoll_, EPOLL_CTL_ADD, client->timer_, &event);
  curl_multi_setopt(client->multi_, CURLMOPT_SOCKETFUNCTION, &DriveClient::on_socket);
  curl_multi_setopt(client->multi_, CURLMOPT_SOCKETDATA, client.get());
  curl_multi_setopt(client->multi_, CURLMOPT_TIMERFUNCTION, &DriveClient::on_timer);
  curl_multi_setopt(client->multi_, CURLMOPT_TIMERDATA, client.get());
  curl_multi_setopt(client->multi_, CURLMOPT_MAXCONNECTS, kConnectionsKept);
  client->headers_ = curl_slist_append(nullptr, "Content-Type: application/json");
  client->headers_ = curl_slist_append(client->headers_, "Expect:");
  return client;
}

DriveClient::~DriveClient() {
  for (const auto& [easy, id] : ids_) {
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
  }
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
  curl_slist_free_all(headers_);
  if (timer_ >= 0) close(timer_);
  if (epoll_ >= 0) close(epoll_);
}

void DriveClient::post(std::uint64_t id, const std::string& url, const std::string& body,
                       Duration timeout) {
  CURL* easy = nullptr;
  if (idle_.empty()) {
    easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  } else {
    easy = idle_.back();
    idle_.pop_back();
  }
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, std::max<long>(1, timeout / 1ms));
  ids_[easy] = id;
  curl_multi_add_handle(multi_, easy);
}

int DriveClient::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto* client = static_cast<DriveClient*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(client->epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0U);
  event.data.fd = socket;
  if (known == nullptr) {
    epoll_ctl(client->epoll_, EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(client->multi_, socket, client);  // any mark that it is in the epoll set
  } else {
    epoll_ctl(client->epoll_, EPOLL_CTL_MOD, socket, &event);
  }
  return 0;
}

int DriveClient::on_timer(CURLM*, long timeout_ms, void* self) {
  auto* client = static_cast<DriveClient*>(self);
  client->curl_due_.reset();
  if (timeout_ms >= 0)
    client->curl_due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

void DriveClient::run_until(std::chrono::steady_clock::time_point wake) {
  int running = 0;
  std::array<epoll_event, 64> events{};
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (curl_due_ && *curl_due_ <= now) {
      curl_due_.reset();
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
      collect();
      continue;
    }
    // The timer wakes epoll to the microsecond, where its own time-out knows only milliseconds.
    const auto due = curl_due_ ? std::min(wake, *curl_due_) : wake;
    if (due > now) {
      const auto at =
          std::chrono::duration_cast<std::chrono::nanoseconds>(due.time_since_epoch()).count();
      itimerspec spec{};
      spec.it_value.tv_sec = at / 1'000'000'000;
      spec.it_value.tv_nsec = at % 1'000'000'000;
      timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
    }
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), due > now ? -1 : 0);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == timer_) {
        std::uint64_t expirations = 0;
        (void)!read(timer_, &expirations, sizeof expirations);
        continue;
      }
      const int mask = ((event.events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi_, event.data.fd, mask, &running);
    }
    collect();
    if (count < 0 || std::chrono::steady_clock::now() >= wake)
      return;  // interrupted, or time is up
  }
}

void DriveClient::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    ClientReply reply;
    reply.id = ids_[easy];
    if (code == CURLE_OK) {
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
    } else {
      long header_bytes = 0;
      curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &header_bytes);
      reply.unanswered = header_bytes == 0 && code != CURLE_OPERATION_TIMEDOUT;
      reply.problem = curl_easy_strerror(code);
    }
    curl_multi_remove_handle(multi_, easy);
    ids_.erase(easy);
    idle_.push_back(easy);
    on_reply_(reply);
  }
}

Result<std::string> http_get(const std::string& url, Duration timeout) {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), &curl_easy_cleanup);
  std::string answer;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout / 1ms));
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK)
    return fail(ErrorCode::kUnavailable, "GET {}: {}", url, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return fail(ErrorCode::kUnavailable, "GET {}: HTTP status {}", url, status);
  return answer;
}

}  // namespace starling::lab
