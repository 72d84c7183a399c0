// How a node learns together with the others.
#pragma once

#include "forecast/federated/compression.h"
#include "forecast/federated/gossip.h"
#include "forecast/federated/privacy.h"

namespace starling::agent {

struct LearningOptions {
  bool exchange = true;  // of weights with other nodes; off: each node learns alone
  federated::Encoding encoding = federated::Encoding::kInt8;
  federated::GossipOptions gossip{};
  federated::MergeOptions merge{};
  federated::PrivacyOptions privacy{};  // of training, and so of all that is sent
  double epsilon_max = 0;  // nothing is sent once ε since the start is above; 0: no such bound
};

}  // namespace starling::agent
