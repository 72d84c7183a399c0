// The agents' messages over NATS.
#pragma once

#include <memory>
#include <string>

#include "control/ports.h"
#include "transport/nats_connection.h"

namespace starling {

/// Subjects are starling.<fleet>.node.<name>, starling.<fleet>.all and
/// starling.<fleet>.cell.<path>, of which a node hears those of its cell, with `topic` before the
/// last parts where one is given, so that agents which do not know it hear none of it; what is said
/// to all or to a cell does not come back to its sender, whose own node subject travels with it.
/// All of this may be called from any thread, `listen` and `tell` from one, and never wait for the
/// network beyond the connection's write deadline (250 ms, once, when a server has stopped
/// reading): what cannot go is dropped and counted.
class NatsTransport : public Transport {
 public:
  static constexpr std::size_t kMessageBytesMax = 1 << 20;

  struct Counters {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t dropped_offline = 0;    // there was no server
    std::uint64_t dropped_too_large = 0;  // over kMessageBytesMax
  };

  /// Errors: kInvalid names, kUnavailable.
  static Result<std::unique_ptr<NatsTransport>> create(std::shared_ptr<NatsConnection> connection,
                                                       const std::string& fleet,
                                                       const std::string& node,
                                                       const std::string& topic = "");

  virtual Counters counters() const = 0;
};

}  // namespace starling
