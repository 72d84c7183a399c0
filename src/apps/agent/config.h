// One agent's configuration: a YAML file, made by `starling up` or written by hand.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/agent/learning_options.h"
#include "apps/agent/pool_config.h"
#include "base/clock.h"
#include "base/result.h"
#include "control/placement.h"
#include "history/retention_options.h"

namespace starling::agent {

struct Config {
  std::string fleet;
  NodeInfo node;
  /// A file that the cloud's agent or a script makes when the node will be taken back.
  std::filesystem::path eviction_notice;
  CloudLatencies latency;                 // between clouds
  std::map<std::string, double> budgets;  // of tenants, money an hour
  std::filesystem::path data;             // this node's own folder
  std::string host = "127.0.0.1";         // all that the agent opens listens here
  int api_port = 0;
  int gateway_port = 0;
  std::string token;  // of the API

  std::string nats_url;  // an existing NATS; empty: a server of its own, as below
  int nats_port = 0;
  int nats_cluster_port = 0;  // 0: a single server
  std::vector<std::string> nats_routes;
  std::string nats_user;
  std::string nats_password;
  /// Of the specs. None: as many as an existing NATS allows, up to three.
  std::optional<int> spec_copies;

  Duration decision_interval{2s};
  double hold_scale = 1;             // shortens the guards' hold times for short runs
  std::filesystem::path forecaster;  // the weights to start from
  Duration adapt_interval{60s};
  Duration retrain_interval{1h};  // of this node's copy of the weights; 0: never
  LearningOptions learning;       // together with the other nodes
  history::RetentionOptions retention;
  std::int64_t history_memory_bytes = 512LL << 20;  // of the history's database, queries included
  std::vector<PoolConfig> pools;                    // of elastic nodes
  std::string log_level = "info";
};

/// Reads the file; without `nats.copies`, three where `nats.routes` and this agent make three
/// servers or more, else one. Errors name file, line and key.
Result<Config> read_config(const std::filesystem::path& path);
/// The text that read_config reads back.
std::string config_text(const Config& config);

/// The weights of an agent whose configuration names none: the shipped ones.
std::filesystem::path default_forecaster();

}  // namespace starling::agent
