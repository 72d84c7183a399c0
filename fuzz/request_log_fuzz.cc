// Fuzzes the lines of HAProxy's log, whose paths clients choose.
#include <cmath>

#include "fuzz/fuzz.h"
#include "gateway/request_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto line = parse_request_line(fuzz::text_of(data, size));
  if (!line) return 0;
  fuzz::require(!line->model.empty(), "a request is of a model");
  fuzz::require(std::isfinite(line->latency_s) && line->latency_s >= 0, "a latency is a time");
  fuzz::require(!line->service_s || (std::isfinite(*line->service_s) && *line->service_s >= 0),
                "a service time is a time");
  RequestTotals totals;
  totals.add(*line);
  fuzz::require(totals.completed + totals.failed <= 1, "one line is one request");
  return 0;
}
