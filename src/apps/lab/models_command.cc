// starling-lab models train: makes the example models in models/.
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/lab/commands.h"
#include "apps/lab/models_training.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"

namespace starling::lab {
namespace {

std::string metadata(const std::string& input, const std::vector<std::int64_t>& shape,
                     const std::vector<std::string>& labels) {
  auto batched = shape;
  batched.insert(batched.begin(), -1);
  const nlohmann::json json{
      {"inputs", {{{"name", input}, {"datatype", "FP32"}, {"shape", batched}}}},
      {"outputs",
       {{{"name", "scores"},
         {"datatype", "FP32"},
         {"shape", {-1, labels.size()}},
         {"labels", labels}}}},
      {"batch_max", 32}};
  return json.dump(1);
}

ExampleModel digits() {
  ExampleModel model;
  model.name = "digits";
  model.parameters = {{"w1", {32, 1, 3, 3}},  {"b1", {32}}, {"w2", {64, 32, 3, 3}}, {"b2", {64}},
                      {"w3", {64, 64, 3, 3}}, {"b3", {64}}, {"w4", {64, 64, 3, 3}}, {"b4", {64}},
                      {"w5", {10, 3136}},     {"b5", {10}}};
  model.source = R"(
def forward(self, x):
    h = torch.relu(torch.conv2d(x, self.w1, self.b1, [1, 1], [1, 1]))
    h = torch.relu(torch.conv2d(h, self.w2, self.b2, [1, 1], [1, 1]))
    h = torch.relu(torch.conv2d(h, self.w3, self.b3, [1, 1], [1, 1]))
    h = torch.relu(torch.conv2d(h, self.w4, self.b4, [1, 1], [1, 1]))
    h = torch.max_pool2d(h, [4, 4])
    return torch.linear(h.flatten(1), self.w5, self.b5)
)";
  model.example = {1, kDigitSide, kDigitSide};
  model.metadata =
      metadata("image", model.example, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  model.render = render_digits;
  model.steps = 300;
  return model;
}

/// Dilation doubles from layer to layer: the last one sees enough periods to tell neighbouring
/// semitones apart.
ExampleModel tones() {
  ExampleModel model;
  model.name = "tones";
  model.parameters = {{"w1", {64, 1, 128}}, {"b1", {64}}};
  for (const auto* layer : {"2", "3", "4", "5"}) {
    model.parameters.push_back({std::string("w") + layer, {64, 64, 9}});
    model.parameters.push_back({std::string("b") + layer, {64}});
  }
  model.parameters.push_back({"w6", {12, 64}});
  model.parameters.push_back({"b6", {12}});
  model.source = R"(
def forward(self, x):
    h = torch.relu(torch.conv1d(x, self.w1, self.b1, [1], [64]))
    h = h + torch.relu(torch.conv1d(h, self.w2, self.b2, [1], [4], [1]))
    h = h + torch.relu(torch.conv1d(h, self.w3, self.b3, [1], [8], [2]))
    h = h + torch.relu(torch.conv1d(h, self.w4, self.b4, [1], [16], [4]))
    h = h + torch.relu(torch.conv1d(h, self.w5, self.b5, [1], [32], [8]))
    return torch.linear(h.mean(2), self.w6, self.b6)
)";
  model.example = {1, kToneSamples};
  model.metadata = metadata("waveform", model.example,
                            {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"});
  model.render = render_tones;
  model.steps = 250;
  return model;
}

struct Settings {
  std::filesystem::path out = "models";
  std::string only;
  std::uint64_t seed = 1;
};

void train_models(const Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(settings.out, error);
  if (error)
    refuse(fmt::format("cannot make the folder {}: {}", settings.out.string(), error.message()));
  for (const auto& model : {digits(), tones()}) {
    if (!settings.only.empty() && settings.only != model.name) continue;
    const auto start = std::chrono::steady_clock::now();
    const auto progress = [&](int step, double loss) {
      if ((step + 1) % 20 != 0) return;
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      std::fprintf(stderr, "%s: step %d of %d, loss %.3f, %.0f s left\n", model.name.c_str(),
                   step + 1, model.steps, loss,
                   took.count() / (step + 1) * (model.steps - step - 1));
    };
    const auto trained = train_example_model(model, settings.seed, settings.out, progress);
    if (!trained) refuse(trained.error().message);
    std::printf("%s: %lld parameters, held-out accuracy %.1f %%, %.1f ms an inference\n",
                model.name.c_str(), static_cast<long long>(trained->parameters),
                100 * trained->accuracy, trained->inference_ms);
  }
}

}  // namespace

void add_models_command(CLI::App& app) {
  auto* models = app.add_subcommand("models", "The example models");
  models->require_subcommand(1);
  auto* train = models->add_subcommand("train", "Train the example models on data rendered here");
  const auto settings = std::make_shared<Settings>();
  train->add_option("--out", settings->out, "Folder for the .pt files")->capture_default_str();
  train->add_option("--only", settings->only, "Just this one")
      ->check(CLI::IsMember({"digits", "tones"}));
  train->add_option("--seed", settings->seed, "Seed of weights and renderings")
      ->check(negative_seed)
      ->capture_default_str();
  train->footer(
      "Examples:\n"
      "  starling-lab models train\n"
      "  starling-lab models train --only digits --seed 7 --out mine\n");
  train->callback([settings] { train_models(*settings); });
}

}  // namespace starling::lab
