#include "tests/cloud_network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "tests/program.h"

namespace starling::system_test {
namespace {

Status shell(const std::string& command) {
  const Ended ended = run(command);
  if (ended.exit_code == 0) return {};
  return fail(ErrorCode::kInternal, "{}: {}", command, ended.err);
}

/// The first that fails ends it.
Status all_of(const std::vector<std::string>& commands) {
  for (const auto& command : commands) {
    if (auto status = shell(command); !status) return status;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<CloudNetwork>> CloudNetwork::create(const std::vector<std::string>& clouds,
                                                           int nodes_each) {
  std::unique_ptr<CloudNetwork> network(new CloudNetwork);
  network->prefix_ = fmt::format("starling{}", ::getpid());
  if (auto status = network->build(clouds, nodes_each); !status) return fail(status.error());
  return network;
}

CloudNetwork::~CloudNetwork() {
  for (const auto& space : spaces_) (void)shell("ip netns delete " + space);
}

Status CloudNetwork::add_space(const std::string& space) {
  if (auto status = shell("ip netns add " + space); !status) return status;
  spaces_.push_back(space);
  return shell(fmt::format("ip -n {} link set lo up", space));
}

Status CloudNetwork::build(const std::vector<std::string>& clouds, int nodes_each) {
  for (std::size_t i = 0; i < clouds.size(); ++i) {
    if (auto status = add_cloud(clouds[i], static_cast<int>(i) + 1, nodes_each); !status)
      return status;
  }
  backbone_.start();
  return {};
}

Status CloudNetwork::add_cloud(const std::string& cloud, int number, int nodes_each) {
  const std::string inside = prefix_ + "-" + cloud;
  if (auto status = add_space(inside); !status) return status;
  Status status;
  within(inside, [&] { status = backbone_.add(cloud, "out"); });
  if (!status) return status;
  status = all_of({
      fmt::format("ip -n {} link add name bridge type bridge", inside),
      fmt::format("ip -n {} link set bridge up", inside),
      fmt::format("ip -n {} link set out master bridge up", inside),
  });
  for (int i = 1; i <= nodes_each && status; ++i) {
    NetworkNode node{fmt::format("{}-{}", cloud, i), cloud, fmt::format("{}-{}", inside, i),
                     fmt::format("10.77.{}.{}", number, i)};
    if (status = add_space(node.space); !status) break;
    status = all_of({
        fmt::format("ip -n {} link add name node{} type veth peer name net0 netns {}", inside, i,
                    node.space),
        fmt::format("ip -n {} link set node{} master bridge up", inside, i),
        fmt::format("ip -n {} address add {}/16 dev net0", node.space, node.address),
        fmt::format("ip -n {} link set net0 up", node.space),
    });
    nodes_.push_back(std::move(node));
  }
  return status;
}

bool enter(const std::string& space) {
  const int fd = ::open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool entered = ::setns(fd, CLONE_NEWNET) == 0;
  ::close(fd);
  return entered;
}

void within(const std::string& space, const std::function<void()>& work) {
  bool entered = false;
  std::thread([&] {
    entered = enter(space);
    if (entered) work();
  }).join();
  if (!entered) throw std::runtime_error("cannot enter the network namespace " + space);
}

}  // namespace starling::system_test
