#include "serve/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

namespace starling {
namespace {

using ::testing::HasSubstr;

ModelMetadata pair_metadata() {
  return parse_model_metadata(R"({
    "inputs":  [ {"name": "image", "datatype": "FP32", "shape": [-1, 2, 3]},
                 {"name": "kind", "datatype": "INT8", "shape": [2]} ],
    "outputs": [ {"name": "scores", "datatype": "FP32", "shape": [-1, 2], "labels": ["no", "yes"]},
                 {"name": "flags", "datatype": "BOOL", "shape": [-1]} ],
    "batch_max": 4 })")
      .value();
}

std::string body_with(const std::string& image) {
  return R"({"id": "r1", "inputs": [ {"name": "kind", "shape": [2], "datatype": "INT8", "data": [7, -8]}, )" +
         image + "]}";
}

std::string error_of(const std::string& body) {
  const auto request = parse_infer_request(body, pair_metadata());
  return request ? "accepted" : request.error().message;
}

TEST(Protocol, ReadsFlatDataAndPutsInputsInTheModelsOrder) {
  const auto request = parse_infer_request(
      body_with(
          R"({"name": "image", "shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6.5]})"),
      pair_metadata());
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->id, "r1");
  ASSERT_EQ(request->inputs.size(), 2u);
  EXPECT_EQ(request->inputs[0].name, "image");
  float last = 0;
  std::memcpy(&last, request->inputs[0].data.data() + 5 * sizeof last, sizeof last);
  EXPECT_EQ(last, 6.5f);
  EXPECT_EQ(request->inputs[1].data, (std::vector<char>{7, -8}));
}

TEST(Protocol, NestedDataIsTheSameAsFlat) {
  const auto flat = parse_infer_request(
      body_with(
          R"({"name": "image", "shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6]})"),
      pair_metadata());
  const auto nested = parse_infer_request(
      body_with(
          R"({"name": "image", "shape": [1, 2, 3], "datatype": "FP32", "data": [[[1, 2, 3], [4, 5, 6]]]})"),
      pair_metadata());
  ASSERT_TRUE(flat && nested);
  EXPECT_EQ(flat->inputs[0].data, nested->inputs[0].data);
}

TEST(Protocol, EveryWrongRequestIsNamed) {
  EXPECT_THAT(error_of("{"), HasSubstr("not well-formed JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(error_of("{}"), HasSubstr("inputs is missing"));
  EXPECT_THAT(error_of(R"({"inputs": []})"), HasSubstr("input 'image' is missing"));
  const auto image = [](const std::string& fields) {
    return body_with(R"({"name": "image", )" + fields + "}");
  };
  EXPECT_THAT(error_of(body_with(R"({"name": "imagf"})")), HasSubstr("did you mean 'image'"));
  EXPECT_THAT(error_of(image(R"("shape": [1, 2, 3], "datatype": "FP64", "data": []})")),
              HasSubstr("not well-formed"));
  EXPECT_THAT(error_of(image(R"("shape": [1, 2, 3], "datatype": "FP64", "data": [])")),
              HasSubstr("the model takes FP32"));
  EXPECT_THAT(error_of(image(R"("shape": [1, 3, 2], "datatype": "FP32", "data": [])")),
              HasSubstr("does not fit the model's [-1, 2, 3]"));
  EXPECT_THAT(error_of(image(R"("shape": [9, 2, 3], "datatype": "FP32", "data": [])")),
              HasSubstr("over the model's bound of 4"));
  EXPECT_THAT(error_of(image(R"("shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2])")),
              HasSubstr("data has 2 elements, shape [1, 2, 3] needs 6"));
  EXPECT_THAT(
      error_of(image(R"("shape": [1, 2, 3], "datatype": "FP32", "data": [[[1, 2], [3, 4, 5]]])")),
      HasSubstr("nested data"));
  EXPECT_THAT(
      error_of(image(R"("shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, "x"])")),
      HasSubstr("element 5"));
  EXPECT_THAT(
      error_of(image(R"("shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 1e300])")),
      HasSubstr("no FP32"));
  EXPECT_THAT(
      error_of(
          R"({"inputs": [{"name": "kind", "shape": [2], "datatype": "INT8", "data": [0, 128]}]})"),
      HasSubstr("no INT8"));
  EXPECT_THAT(error_of(image(R"("shape": [-1, 2, 3], "datatype": "FP32", "data": [])")),
              HasSubstr("does not fit"));
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_THAT(error_of(image(R"("datatype": "FP32", "shape": )" + deep)),
              HasSubstr("nested more than 64 deep"));
}

TEST(Protocol, AnUnknownOutputIsRefusedAndAWantedOneIsAllThatIsWritten) {
  const std::string inputs =
      R"("inputs": [{"name": "image", "shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6]},
                    {"name": "kind", "shape": [2], "datatype": "INT8", "data": [1, 2]}])";
  EXPECT_THAT(error_of("{" + inputs + R"(, "outputs": [{"name": "score"}]})"),
              HasSubstr("did you mean 'scores'"));
  const auto request =
      parse_infer_request("{" + inputs + R"(, "outputs": [{"name": "flags"}]})", pair_metadata());
  ASSERT_TRUE(request);
  Tensor scores{"scores", Datatype::kFp32, {1, 2}, std::vector<char>(8, 0)};
  Tensor flags{"flags", Datatype::kBool, {1}, {1}};
  const auto answer = nlohmann::json::parse(infer_response("m", *request, {scores, flags}));
  EXPECT_EQ(answer["model_name"], "m");
  ASSERT_EQ(answer["outputs"].size(), 1u);
  EXPECT_EQ(answer["outputs"][0]["datatype"], "BOOL");
  EXPECT_EQ(answer["outputs"][0]["data"], nlohmann::json::array({true}));
  EXPECT_FALSE(answer.contains("id"));
}

TEST(Protocol, ModelMetadataHasLabelsUnderParameters) {
  const auto body = nlohmann::json::parse(model_metadata_body("m", pair_metadata()));
  EXPECT_EQ(body["platform"], "pytorch_torchscript");
  EXPECT_EQ(body["inputs"][0]["shape"], nlohmann::json::array({-1, 2, 3}));
  EXPECT_EQ(body["outputs"][0]["parameters"]["labels"][1], "yes");
}

TEST(Protocol, MetadataErrorsNameTheField) {
  EXPECT_THAT(parse_model_metadata("{}").error().message, HasSubstr("inputs"));
  EXPECT_THAT(
      parse_model_metadata(R"({"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1]}]})")
          .error()
          .message,
      HasSubstr("inputs[0].datatype 'BYTES' is not supported"));
  EXPECT_THAT(parse_model_metadata(R"({"inputs": [{"name": "x", "shape": [0]}]})").error().message,
              HasSubstr("inputs[0].shape"));
}

RC_GTEST_PROP(Protocol, AnyBytesAreAnsweredAndNeverCrash, (const std::string& bytes)) {
  RC_ASSERT(!parse_infer_request(bytes, pair_metadata()).has_value());
  RC_ASSERT(nlohmann::json::accept(error_body(bytes)));
}

RC_GTEST_PROP(Protocol, IntegersSurviveTheRoundTrip, (const std::vector<std::int32_t>& values)) {
  Tensor tensor{"x", Datatype::kInt32, {static_cast<std::int64_t>(values.size())}, {}};
  const nlohmann::json data(values);
  RC_ASSERT(read_elements(values.empty() ? nlohmann::json::array() : data, tensor).has_value());
  RC_ASSERT(elements_json(tensor).get<std::vector<std::int32_t>>() == values);
}

}  // namespace
}  // namespace starling
