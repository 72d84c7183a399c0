// The API's answers as tables.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace starling::cli {

std::string models_table(const nlohmann::json& models, bool wide);
std::string nodes_table(const nlohmann::json& nodes, bool wide);
std::string replicas_table(const nlohmann::json& replicas, bool wide);
std::string decisions_table(const nlohmann::json& decisions, bool wide);
std::string pools_table(const nlohmann::json& pools, bool wide);
/// The whole fleet on one screen, from /v1/status.
std::string status_screen(const nlohmann::json& status);

}  // namespace starling::cli
