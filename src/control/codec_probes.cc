#include "control/codec_probes.h"

namespace starling::codec {

Json write(const Beat& m, WireForm form) {
  if (m.brief) {
    return {{"kind", "beat"},
            {"of", {m.node, shortest(m.incarnation, form), m.sequence, m.content}}};
  }
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
  const auto read = [](const Reader& from, bool brief) {
    return Beat{from.text("node"), from.unsigned64_or_digits("incarnation"),
                from.unsigned64("sequence"), from.unsigned64("content"), brief};
  };
  if (!r.has("of")) return read(r, false);
  const Json& of = list_of(r.at("of"), "field 'of'", 4, 4);
  const Json named{
      {"node", of[0]}, {"incarnation", of[1]}, {"sequence", of[2]}, {"content", of[3]}};
  return read(Reader(named), true);
}

Probe read_probe(const Reader& r) {
  return {r.text("from"),
          r.text("target"),
          r.text("via"),
          r.unsigned64("number"),
          r.unsigned64("incarnation"),
          r.unsigned64("sequence"),
          r.flag("suspected")};
}

ProbeAnswer read_probe_answer(const Reader& r) {
  return {r.text("from"),
          r.text("target"),
          r.text("via"),
          r.text("by"),
          r.unsigned64("number"),
          r.flag("misses"),
          Duration(r.count("heard")),
          std::nullopt};
}

}  // namespace starling::codec
