// A connection to a NATS server that comes back by itself.
#pragma once

#include <nats/nats.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace starling {

struct NatsConnectionOptions {
  std::string url;  // "nats://127.0.0.1:4222"
  std::string user, password;
  std::string name;  // shown in the server's list of clients
};

/// Frees what the C client allocates.
template <auto kDestroy>
struct NatsDelete {
  template <typename T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};
using NatsMessagePtr = std::unique_ptr<natsMsg, NatsDelete<natsMsg_Destroy>>;
using NatsSubscriptionPtr = std::unique_ptr<natsSubscription, NatsDelete<natsSubscription_Destroy>>;

/// After the first success it reconnects for ever, every quarter of a second, and notices a server
/// that has gone silent within seconds. Senders ask connected() first: nothing should pile up
/// meanwhile. Thread safe.
class NatsConnection {
 public:
  /// Errors: kUnavailable when nobody answers within 2 s or refuses the password, with the URL.
  static Result<std::shared_ptr<NatsConnection>> connect(const NatsConnectionOptions& options);
  NatsConnection(const NatsConnection&) = delete;
  ~NatsConnection();

  bool connected() const;
  natsConnection* get() const { return connection_; }
  const std::string& url() const { return url_; }

 private:
  NatsConnection(natsConnection* connection, std::string url)
      : connection_(connection), url_(std::move(url)) {}

  natsConnection* connection_;
  std::string url_;
};

/// Names become parts of NATS subjects. Error: kInvalid unless of a-z, A-Z, 0-9, '-' and '_', at
/// most 128.
Status check_subject_part(const std::string& what, const std::string& name);

}  // namespace starling
