#include "serve/model_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "serve/torch_model.h"

namespace starling {
namespace {

using ::testing::HasSubstr;

/// Gives back its input; waits inside while the gate is shut.
class GatedModel final : public Model {
 public:
  GatedModel()
      : metadata_(
            parse_model_metadata(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}],
                                           "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}]})")
                .value()) {}
  const ModelMetadata& metadata() const override { return metadata_; }
  Result<Inference> infer(const std::vector<Tensor>& inputs) const override {
    std::unique_lock lock(mutex_);
    most_inside_ = std::max(most_inside_, ++inside_);
    gate_.wait(lock, [&] { return open_; });
    --inside_;
    auto output = inputs[0];
    output.name = "y";
    return Inference{{output}, 1234us};
  }
  void set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    gate_.notify_all();
  }
  int inside() const {
    const std::lock_guard lock(mutex_);
    return inside_;
  }
  int most_inside() const {
    const std::lock_guard lock(mutex_);
    return most_inside_;
  }

 private:
  ModelMetadata metadata_;
  mutable std::mutex mutex_;
  mutable std::condition_variable gate_;
  mutable int inside_ = 0;
  mutable int most_inside_ = 0;
  bool open_ = true;
};

const char* const kBody =
    R"({"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [5]}]})";

class ModelServerTest : public ::testing::Test {
 protected:
  void serve(ModelServerOptions options) {
    auto model = std::make_unique<GatedModel>();
    model_ = model.get();
    options.model = "m";
    server_ = std::make_unique<ModelServer>(options, std::move(model));
    port_ = server_->start().value();
  }
  void TearDown() override {
    if (model_ != nullptr) model_->set_open(true);
  }
  int get(const std::string& path) {
    const auto answer = httplib::Client("127.0.0.1", port_).Get(path);
    return answer ? answer->status : -1;
  }
  httplib::Result infer(const std::string& body = kBody, const std::string& model = "m") {
    return httplib::Client("127.0.0.1", port_)
        .Post("/v2/models/" + model + "/infer", body, "application/json");
  }
  std::future<int> infer_in_background() {
    return std::async(std::launch::async, [this] {
      const auto answer = infer();
      return answer ? answer->status : -1;
    });
  }
  /// The value of a gauge in /metrics.
  std::string gauge(const std::string& name) {
    const auto text = httplib::Client("127.0.0.1", port_).Get("/metrics")->body;
    const auto at = text.find(name + "{model=\"m\"} ");
    const auto from = text.find(' ', at) + 1;
    return text.substr(from, text.find('\n', from) - from);
  }
  void wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
      std::this_thread::sleep_for(2ms);
    }
  }

  GatedModel* model_ = nullptr;
  std::unique_ptr<ModelServer> server_;
  int port_ = 0;
};

TEST_F(ModelServerTest, SpeaksTheProtocol) {
  serve({});
  for (const auto* path :
       {"/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/m", "/v2/models/m/ready",
        "/v2/models/m/versions/1", "/v2/models/m/versions/1/ready", "/metrics"}) {
    EXPECT_EQ(get(path), 200) << path;
  }
  for (const auto* path :
       {"/v2/models/other", "/v2/models/m/versions/2", "/v2/models/other/ready", "/nowhere"}) {
    EXPECT_EQ(get(path), 404) << path;
  }
  const auto answer = infer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("x-starling-service-us"), "1234");
  EXPECT_EQ(nlohmann::json::parse(answer->body)["outputs"][0]["data"][0], 5.0);
}

TEST_F(ModelServerTest, ErrorsHaveTheProtocolsBody) {
  ModelServerOptions options;
  options.body_bytes_max = 2000;
  serve(options);
  const auto expect = [](const httplib::Result& answer, int status) {
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_TRUE(nlohmann::json::parse(answer->body)["error"].is_string()) << answer->body;
  };
  expect(infer("{"), 400);
  expect(infer(kBody, "other"), 404);
  expect(infer(std::string(3000, ' ')), 413);
  httplib::Client client("127.0.0.1", port_);
  client.set_keep_alive(true);
  expect(client.Post("/nowhere", "{}", "application/json"), 404);
  expect(client.Put("/v2/models/m/infer", "{}", "application/json"), 404);
  expect(client.Post("/nowhere", std::string(3000, ' '), "application/json"), 413);
  const auto after = client.Post("/v2/models/m/infer", kBody, "application/json");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->status, 200) << "on the same connection: nothing of the others is left on it";
}

TEST_F(ModelServerTest, ABodyThatCurlCallsAFormIsReadAsJson) {
  serve({});
  const std::string body =
      std::string(20'000, ' ') + kBody;  // httplib's own bound for forms is 8 KiB
  const auto answer = httplib::Client("127.0.0.1", port_)
                          .Post("/v2/models/m/infer", body, "application/x-www-form-urlencoded");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << answer->body;
}

TEST_F(ModelServerTest, RunsAtMostConcurrencyQueuesAtMostQueueAndRefusesTheRest) {
  ModelServerOptions options;
  options.concurrency = 2;
  options.queue = 3;
  serve(options);
  model_->set_open(false);
  std::vector<std::future<int>> accepted;
  for (int i = 0; i < 5; ++i) accepted.push_back(infer_in_background());
  wait_until([&] {
    return gauge("starling_serve_running") == "2" && gauge("starling_serve_waiting") == "3";
  });
  const auto refused = infer();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_THAT(refused->body, HasSubstr("queue is full"));
  EXPECT_EQ(get("/v2/health/ready"), 200) << "health must not wait behind inference";
  model_->set_open(true);
  for (auto& status : accepted) EXPECT_EQ(status.get(), 200);
  EXPECT_LE(model_->most_inside(), 2);
}

TEST_F(ModelServerTest, DrainFinishesWhatIsInFlightAndRefusesTheRest) {
  serve({});
  model_->set_open(false);
  auto inside = infer_in_background();
  wait_until([&] { return model_->inside() == 1; });
  auto waiting = infer_in_background();
  wait_until([&] { return gauge("starling_serve_waiting") == "1"; });
  auto drained = std::async(std::launch::async, [&] { server_->drain(); });
  wait_until([&] { return get("/v2/health/ready") == 503; });
  EXPECT_EQ(get("/v2/health/live"), 200);
  wait_until([&] { return infer()->status == 503; });
  EXPECT_EQ(drained.wait_for(50ms), std::future_status::timeout);
  model_->set_open(true);
  EXPECT_EQ(inside.get(), 200);
  EXPECT_EQ(waiting.get(), 200);
  drained.get();
}

TEST_F(ModelServerTest, ATakenPortIsAnError) {
  serve({});
  ModelServerOptions options;
  options.model = "n";
  options.port = port_;
  ModelServer second(options, std::make_unique<GatedModel>());
  const auto port = second.start();
  ASSERT_FALSE(port);
  EXPECT_THAT(port.error().message, HasSubstr("cannot listen"));
}

TEST(TorchModel, SaysWhatIsWrongWithAFile) {
  EXPECT_THAT(load_torch_model("/nowhere/x.pt").error().message, HasSubstr("no such file"));
  const auto* source = STARLING_SOURCE_DIR "/CMakeLists.txt";
  EXPECT_THAT(load_torch_model(source).error().message, HasSubstr("not a TorchScript model"));
}

TEST(TorchModel, ServesTheDigitsExample) {
  const std::filesystem::path file = STARLING_SOURCE_DIR "/models/digits.pt";
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << file << " is not there: starling-lab models train";
  const auto model = load_torch_model(file);
  ASSERT_TRUE(model) << model.error().message;
  const auto& spec = (*model)->metadata().inputs.at(0);
  const Tensor two{spec.name, spec.datatype, {2, 1, 28, 28}, std::vector<char>(2 * 784 * 4, 0)};
  const auto inference = (*model)->infer({two});
  ASSERT_TRUE(inference) << inference.error().message;
  EXPECT_EQ(inference->outputs.at(0).shape, (std::vector<std::int64_t>{2, 10}));
  EXPECT_GT(inference->service.count(), 0);
  const Tensor wrong{spec.name, spec.datatype, {1, 3, 28, 28}, std::vector<char>(3 * 784 * 4, 0)};
  const auto refused = (*model)->infer({wrong});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message, HasSubstr("the model can't take this input"));
  EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace starling
