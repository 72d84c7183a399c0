// The wire form of an owner's account of a model.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const ModelSummary& s);
ModelSummary read_summary(const Json& json);
Json write_summaries(const std::vector<ModelSummary>& summaries);
std::vector<ModelSummary> read_summaries(const Json& list);

}  // namespace starling::codec
