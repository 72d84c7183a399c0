#include "manifest/yaml_size.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

namespace starling {
namespace {

struct TooManyParts {};

/// Counts what a parser reports, and ends the parsing beyond the bound: there is no other way out.
class PartCounter final : public YAML::EventHandler {
 public:
  explicit PartCounter(int parts_max) : left_(parts_max) {}

  void OnDocumentStart(const YAML::Mark&) override { count(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override { count(); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { count(); }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {
    count();
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    count();
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    count();
  }
  void OnMapEnd() override {}

 private:
  void count() {
    if (--left_ < 0) throw TooManyParts{};
  }

  int left_;
};

}  // namespace

Status check_yaml_size(const std::string& text, const std::string& file, int parts_max) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  PartCounter counter(parts_max);
  try {
    while (parser.HandleNextDocument(counter)) {
    }
  } catch (const TooManyParts&) {
    return fail(ErrorCode::kTooLarge,
                "{}: more than {} values, or not valid YAML: look for a bracket too many", file,
                parts_max);
  }
  return {};
}

}  // namespace starling
