#include "apps/agent/core_questions.h"

#include <future>

#include "base/file.h"

namespace starling::agent {
namespace {

std::filesystem::path mark_file(const std::filesystem::path& data) { return data / "scheduling"; }

}  // namespace

std::optional<nlohmann::json> explain(Inbox& inbox, const std::string& model) {
  auto answer = std::make_shared<std::promise<std::optional<nlohmann::json>>>();
  auto future = answer->get_future();
  inbox.post([answer, model](Agent& core, TimePoint) -> Effects {
    const ModelOwner* owner = core.owner_of(model);
    if (owner == nullptr || !owner->last_decision()) {
      answer->set_value(std::nullopt);
      return {};
    }
    const auto& change = owner->last_change();
    answer->set_value(
        nlohmann::json{{"decision", to_json(*owner->last_decision())},
                       {"last_change", change ? to_json(*change) : nlohmann::json()}});
    return {};
  });
  if (future.wait_for(1s) != std::future_status::ready) return std::nullopt;
  return future.get();
}

Result<Scheduling> kept_scheduling(const std::filesystem::path& data) {
  const auto path = mark_file(data);
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return Scheduling::kOpen;
  auto text = read_file(path, 1024);
  if (!text) return fail(text.error());
  while (!text->empty() && text->back() == '\n') text->pop_back();
  if (const auto scheduling = scheduling_of(*text)) return *scheduling;
  return fail(ErrorCode::kInvalid,
              "{}: '{}': expected schedulable, cordoned or draining; write one of them, or delete "
              "the file for schedulable",
              path.string(), text->substr(0, 40));
}

Status set_scheduling(const std::filesystem::path& data, Scheduling scheduling, Inbox& inbox) {
  if (auto kept =
          write_file_atomically(mark_file(data), std::string(name_of(scheduling)) + "\n", 0600);
      !kept)
    return kept;
  inbox.post(
      [scheduling](Agent& core, TimePoint now) { return core.set_scheduling(scheduling, now); });
  return {};
}

}  // namespace starling::agent
