#include "tests/backbone.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace starling::system_test {

Backbone::~Backbone() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  for (const Port& port : ports_) ::close(port.fd);
}

Status Backbone::add(const std::string& cloud, const std::string& device) {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(ErrorCode::kUnavailable, "/dev/net/tun: {}", std::strerror(errno));
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, TUNSETIFF, &request) != 0) {
    const int why = errno;
    ::close(fd);
    return fail(ErrorCode::kUnavailable, "TAP device {}: {}", device, std::strerror(why));
  }
  ports_.push_back({cloud, fd});
  return {};
}

void Backbone::start() {
  thread_ = std::thread([this] { run(); });
}

void Backbone::set(Weather weather) {
  const std::lock_guard lock(mutex_);
  weather_ = std::move(weather);
}

/// All frames that wait at a port, on their way to each of the others.
void Backbone::take(std::size_t from, const Weather& weather) {
  char buffer[65536];
  const auto due = std::chrono::steady_clock::now() + weather.delay;
  for (ssize_t size = 0; (size = ::read(ports_[from].fd, buffer, sizeof buffer)) > 0;) {
    const std::string& source = ports_[from].cloud;
    if (source == weather.cut || source == weather.muted) continue;
    for (std::size_t to = 0; to < ports_.size(); ++to) {
      if (to == from || ports_[to].cloud == weather.cut) continue;
      if (weather.loss > 0 && rng_.uniform() < weather.loss) continue;
      under_way_.emplace(due, Frame{to, std::string(buffer, static_cast<std::size_t>(size))});
    }
  }
}

void Backbone::run() {
  std::vector<pollfd> fds;
  for (const Port& port : ports_) fds.push_back({port.fd, POLLIN, 0});
  while (!stop_) {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    auto wait = milliseconds(50);
    if (!under_way_.empty()) {
      const auto left = under_way_.begin()->first - std::chrono::steady_clock::now();
      wait = std::clamp(ceil<milliseconds>(left), milliseconds(0), wait);
    }
    ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
    Weather weather;
    {
      const std::lock_guard lock(mutex_);
      weather = weather_;
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents != 0) take(i, weather);
    }
    while (!under_way_.empty() && under_way_.begin()->first <= std::chrono::steady_clock::now()) {
      const Frame& frame = under_way_.begin()->second;
      // A device whose queue is full loses the frame, as any switch would.
      (void)!::write(ports_[frame.to].fd, frame.bytes.data(), frame.bytes.size());
      under_way_.erase(under_way_.begin());
    }
  }
}

}  // namespace starling::system_test
