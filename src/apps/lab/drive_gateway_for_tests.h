// A gateway as the driver may meet one: it answers, keeps silent, breaks off or hangs up.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace starling::lab {

/// An HTTP server on a free port of the loopback interface, a thread a connection. httplib's server
/// could neither hang up without an answer nor take hundreds of connections at once.
class GatewayForTests {
 public:
  enum class Manner {
    kAnswer,    // 200, the connection kept
    kBusy,      // 503, the connection kept
    kHangUp,    // reads the request and closes the connection
    kBreakOff,  // closes it after half an answer
  };

  explicit GatewayForTests(Manner manner = Manner::kAnswer);
  ~GatewayForTests();
  GatewayForTests(const GatewayForTests&) = delete;
  GatewayForTests& operator=(const GatewayForTests&) = delete;

  std::string url() const;
  /// From now on requests are read and left without an answer, until `release`.
  void hold();
  void release();
  /// Requests read so far, and the different "METHOD path body" among them.
  int received() const;
  std::set<std::string> requests() const;

 private:
  void accept_all();
  void serve(int connection);

  const Manner manner_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool ending_ = false;
  int received_ = 0;
  std::set<std::string> requests_;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace starling::lab
