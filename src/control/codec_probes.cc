#include "control/codec_probes.h"

namespace starling::codec {

Json write(const Beat& m) {
  return {{"kind", "beat"},
          {"node", m.node},
          {"incarnation", m.incarnation},
          {"sequence", m.sequence},
          {"content", m.content}};
}

Json write(const Probe& m) {
  return {{"kind", "probe"},        {"from", m.from},          {"target", m.target},
          {"via", m.via},           {"number", m.number},      {"incarnation", m.incarnation},
          {"sequence", m.sequence}, {"suspected", m.suspected}};
}

Json write(const ProbeAnswer& m) {
  return {{"kind", "probe-answer"},
          {"from", m.from},
          {"target", m.target},
          {"via", m.via},
          {"by", m.by},
          {"number", m.number},
          {"misses", m.misses},
          {"heard", m.heard.count()}};
}

Beat read_beat(const Reader& r) {
  return {r.text("node"), r.hash("incarnation"), r.hash("sequence"), r.hash("content")};
}

Probe read_probe(const Reader& r) {
  return {r.text("from"),        r.text("target"),   r.text("via"),      r.hash("number"),
          r.hash("incarnation"), r.hash("sequence"), r.flag("suspected")};
}

ProbeAnswer read_probe_answer(const Reader& r) {
  return {
      r.text("from"),   r.text("target"),           r.text("via"), r.text("by"), r.hash("number"),
      r.flag("misses"), Duration(r.count("heard")), std::nullopt};
}

}  // namespace starling::codec
