// Requests to large language models: Azure's two samples, BurstGPT, Mooncake.
#include "trace/formats/events.h"
#include "trace/formats/formats.h"
#include "trace/formats/mooncake.sql.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

bool is_azure_llm(const FileHead& head) {
  return head.has_all({"TIMESTAMP", "ContextTokens", "GeneratedTokens"}) ||
         head.columns == std::vector<std::string>{"t_s", "input_tokens", "output_tokens"};
}

bool is_burstgpt(const FileHead& head) {
  return head.has_all({"Timestamp", "Model", "Request tokens", "Response tokens"});
}

bool is_json_line(const FileHead& head) { return head.is_text() && head.lines[0].starts_with("{"); }

bool is_mooncake(const FileHead& head) {
  if (is_json_line(head)) {
    return head.lines[0].find("\"timestamp\"") != std::string::npos &&
           head.lines[0].find("\"input_length\"") != std::string::npos;
  }
  return head.has_all({"t_ms", "input_tokens", "output_tokens"});
}

Result<RawTrace> read_azure_llm(ReadJob& job) {
  return read_event_table(job, {"azure-llm", "requests"});
}

Result<RawTrace> read_burstgpt(ReadJob& job) {
  return read_event_table(
      job, {"burstgpt", "requests", [](const FileHead&) { return std::string("Model"); }});
}

Result<RawTrace> read_mooncake(ReadJob& job) {
  if (!is_json_line(job.files()[0])) {
    return read_event_table(job, {"mooncake", "requests"});
  }
  const ReadRawOptions& options = job.options();
  if (!options.group.empty()) {
    return fail(ErrorCode::kInvalid, "group: Mooncake's JSON lines have no column to group by");
  }
  const auto plan = plan_events(options);
  if (!plan) return fail(plan.error());
  StepCollector collector(options.limits, plan->step, plan->gather);
  for (const FileHead& file : job.files()) {
    const Status defined = job.define("json_lines", lines_query(file, options));
    if (!defined) return fail(job.explained(file.path, defined.error()));
    if (Status s = job.run(file, kMooncakeSql, {file_stem(file.path), options.value}, collector);
        !s) {
      return fail(s.error());
    }
  }
  return job.finish(event_trace("mooncake", "requests", *plan, options), collector);
}

}  // namespace

FormatReader azure_llm_format() {
  return {{.name = "azure-llm",
           .description = "Azure LLM inference 2023/2024: one row a request, with its tokens",
           .publisher = "https://github.com/Azure/AzurePublicDataset/blob/master/"
                        "AzureLLMInferenceDataset2023.md",
           .quantity = "requests per step",
           .options = {"step", "value", "group", "aggregate"}},
          is_azure_llm,
          read_azure_llm};
}

FormatReader burstgpt_format() {
  return {{.name = "burstgpt",
           .description = "BurstGPT: requests to GPT models, one row each",
           .publisher = "https://github.com/HPMLL/BurstGPT",
           .quantity = "requests per step and model",
           .options = {"step", "value", "group", "aggregate"}},
          is_burstgpt,
          read_burstgpt};
}

FormatReader mooncake_format() {
  return {{.name = "mooncake",
           .description = "Mooncake: LLM requests as JSON lines, or as CSV with t_ms",
           .publisher = "https://github.com/kvcache-ai/Mooncake/tree/main/FAST25-release/traces",
           .quantity = "requests per step",
           .options = {"step", "value", "group", "aggregate"}},
          is_mooncake,
          read_mooncake};
}

}  // namespace starling
