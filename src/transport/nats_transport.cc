#include "transport/nats_transport.h"

#include <atomic>
#include <mutex>
#include <utility>

namespace starling {
namespace {

class NatsTransportImpl final : public NatsTransport {
 public:
  NatsTransportImpl(std::shared_ptr<NatsConnection> connection, const std::string& fleet,
                    const std::string& node, const std::string& topic)
      : connection_(std::move(connection)),
        prefix_("starling." + fleet + "." + (topic.empty() ? "" : topic + ".")),
        own_subject_(prefix_ + "node." + node) {}

  ~NatsTransportImpl() override {
    {
      const std::lock_guard lock(handler_mutex_);
      handler_ = nullptr;
    }
    // Destroying a subscription does not wait for a callback that is running.
    for (auto* subscription : {to_node_.get(), to_all_.get(), to_cell_.get()}) {
      if (subscription != nullptr) natsSubscription_Unsubscribe(subscription);
    }
    while (open_subscriptions_ > 0) nats_Sleep(1);
  }

  Status subscribe() {
    to_node_ = subscribe_to(own_subject_);
    to_all_ = subscribe_to(prefix_ + "all");
    to_cell_ = subscribe_to(cell_subject(""));
    // Once the server has answered, nothing sent to this node from now on is missed.
    const bool heard = natsConnection_FlushTimeout(connection_->get(), 2000) == NATS_OK;
    if (to_node_ && to_all_ && to_cell_ && heard) return {};
    return fail(ErrorCode::kUnavailable, "cannot subscribe at NATS, {}", connection_->url());
  }

  void on_message(Handler handler) override {
    const std::lock_guard lock(handler_mutex_);
    handler_ = std::move(handler);
  }

  void send(const std::string& node, const std::string& bytes) override {
    publish(prefix_ + "node." + node, "", bytes);
  }
  void broadcast(const std::string& bytes) override {
    publish(prefix_ + "all", own_subject_, bytes);
  }

  void tell(const std::string& path, const std::string& bytes) override {
    hear_cell();
    publish(prefix_ + "cell." + path, own_subject_, bytes);
  }
  void listen(const std::string& scope) override {
    wanted_scope_ = scope;
    hear_cell();
  }

  Counters counters() const override {
    return {sent_, received_, dropped_offline_, dropped_too_large_};
  }

 private:
  void publish(const std::string& subject, const std::string& sender, const std::string& bytes) {
    if (bytes.size() > kMessageBytesMax) {
      ++dropped_too_large_;
      return;
    }
    const int size = static_cast<int>(bytes.size());
    natsConnection* const nats = connection_->get();
    const bool sent =
        connection_->connected() &&
        (sender.empty() ? natsConnection_Publish(nats, subject.c_str(), bytes.data(), size)
                        : natsConnection_PublishRequest(nats, subject.c_str(), sender.c_str(),
                                                        bytes.data(), size)) == NATS_OK;
    ++(sent ? sent_ : dropped_offline_);
  }

  /// The old cell is heard until the new one is. Where NATS refuses, it is tried again with this
  /// node's next word to its cell.
  void hear_cell() {
    if (scope_ == wanted_scope_) return;
    auto next = subscribe_to(cell_subject(wanted_scope_));
    if (!next) return;
    natsSubscription_Unsubscribe(to_cell_.get());
    to_cell_ = std::move(next);
    scope_ = wanted_scope_;
  }

  std::string cell_subject(const std::string& scope) const {
    return prefix_ + "cell." + (scope.empty() ? "" : scope + ".") + ">";
  }

  NatsSubscriptionPtr subscribe_to(const std::string& subject) {
    natsSubscription* subscription = nullptr;
    const auto deliver = [](natsConnection*, natsSubscription*, natsMsg* message, void* self) {
      static_cast<NatsTransportImpl*>(self)->deliver(NatsMessagePtr(message));
    };
    const auto completed = [](void* self) {
      --static_cast<NatsTransportImpl*>(self)->open_subscriptions_;
    };
    if (natsConnection_Subscribe(&subscription, connection_->get(), subject.c_str(), deliver,
                                 this) != NATS_OK) {
      return nullptr;
    }
    if (natsSubscription_SetOnCompleteCB(subscription, completed, this) == NATS_OK)
      ++open_subscriptions_;
    return NatsSubscriptionPtr(subscription);
  }

  void deliver(NatsMessagePtr message) {
    const char* sender = natsMsg_GetReply(message.get());
    if (sender != nullptr && own_subject_ == sender) return;
    ++received_;
    // Each subscription has its own thread; the handler sees one message at a time.
    const std::lock_guard lock(handler_mutex_);
    if (!handler_) return;
    handler_(std::string(natsMsg_GetData(message.get()),
                         static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))));
  }

  std::shared_ptr<NatsConnection> connection_;
  std::string prefix_, own_subject_;
  std::mutex handler_mutex_;
  Handler handler_;
  NatsSubscriptionPtr to_node_, to_all_, to_cell_;
  std::string scope_, wanted_scope_;  // of to_cell_
  std::atomic<int> open_subscriptions_ = 0;
  std::atomic<std::uint64_t> sent_ = 0, received_ = 0, dropped_offline_ = 0, dropped_too_large_ = 0;
};

}  // namespace

Result<std::unique_ptr<NatsTransport>> NatsTransport::create(
    std::shared_ptr<NatsConnection> connection, const std::string& fleet, const std::string& node,
    const std::string& topic) {
  if (auto status = check_subject_part("fleet", fleet); !status) return fail(status.error());
  if (auto status = check_subject_part("node", node); !status) return fail(status.error());
  if (!topic.empty()) {
    if (auto status = check_subject_part("topic", topic); !status) return fail(status.error());
  }
  auto transport = std::make_unique<NatsTransportImpl>(std::move(connection), fleet, node, topic);
  if (auto status = transport->subscribe(); !status) return fail(status.error());
  return transport;
}

}  // namespace starling
