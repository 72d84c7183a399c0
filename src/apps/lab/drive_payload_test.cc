#include "apps/lab/drive_payload.h"

#include <gmock/gmock.h>

namespace starling::lab {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json metadata(const Json& shape, const std::string& datatype) {
  return {{"name", "m"}, {"inputs", {{{"name", "x"}, {"shape", shape}, {"datatype", datatype}}}}};
}

TEST(RandomPayload, FillsEveryInput) {
  Json two = metadata({-1, 3}, "FP32");
  two["inputs"].push_back({{"name", "y"}, {"shape", {2}}, {"datatype", "INT64"}});
  const auto text = random_payload(two, Rng(1));
  ASSERT_TRUE(text) << text.error().message;
  const auto inputs = Json::parse(*text)["inputs"];
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0]["name"], "x");
  EXPECT_EQ(inputs[0]["shape"], Json({1, 3}));
  ASSERT_EQ(inputs[0]["data"].size(), 3U);
  EXPECT_TRUE(inputs[0]["data"][0].is_number_float());
  EXPECT_EQ(inputs[1]["datatype"], "INT64");
  ASSERT_EQ(inputs[1]["data"].size(), 2U);
  EXPECT_TRUE(inputs[1]["data"][0].is_number_integer());
  EXPECT_EQ(*text, *random_payload(two, Rng(1)));
  EXPECT_NE(*text, *random_payload(two, Rng(2)));
}

TEST(RandomPayload, RefusesWhatItCannotFill) {
  const std::vector<std::pair<Json, std::string>> refused{
      {metadata({1}, "COMPLEX64"), "'COMPLEX64' is not of the Open Inference Protocol"},
      {metadata({1000, 1000, 1000, 1000, 1000, 1000, 1000}, "FP32"), "more than 1000000 elements"},
      {{{"inputs", Json::array()}}, "names no input"},
      {{{"inputs", {{{"name", "x"}}}}}, "shape"},
      {Json::object(), "inputs"},
      {Json(nullptr), "not of the Open Inference Protocol"}};
  for (const auto& [given, words] : refused) {
    const auto text = random_payload(given, Rng(1));
    ASSERT_FALSE(text) << given;
    EXPECT_THAT(text.error().message, HasSubstr(words)) << given;
  }
}

}  // namespace
}  // namespace starling::lab
