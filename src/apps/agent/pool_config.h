// The part of an agent's configuration that is about elastic nodes: `pools`.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>
#include <vector>

#include "control/node_pool.h"
#include "manifest/fields.h"

namespace starling::agent {

struct PoolConfig {
  PoolOptions pool;
  std::vector<std::string> command;  // of the exec provider, or …
  std::filesystem::path directory;   // … of the local one
  Duration timeout{60s};             // of the command
  std::string region = "local", zone = "a";
  double price_per_gpu_hour =
      0;  // of one, part of a node's price; the rest is its CPU's and memory's
  // What the configuration of a node from a command says of its machine.
  std::string host = "@HOST@";  // the command, or the machine, puts its address in
  int api_port = 7070, gateway_port = 8080;
  std::filesystem::path data = "/var/lib/starling";
};

/// `root`: the whole configuration. What is wrong is recorded there, with file, line and key.
std::vector<PoolConfig> read_pools(Fields& root);
/// The key `pools` with its value, into an open mapping; nothing for none.
void write_pools(YAML::Emitter& out, const std::vector<PoolConfig>& pools);

}  // namespace starling::agent
