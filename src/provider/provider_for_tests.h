// What the tests of providers share: a folder, scripts in it, and what every provider must do.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "control/node_provider.h"

namespace starling::testing_provider {

class ProviderTest : public ::testing::Test {
 protected:
  ProviderTest() {
    ::signal(SIGPIPE, SIG_IGN);
    char pattern[] = "/tmp/provider_test_XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  ~ProviderTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path script(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path) << "#!/bin/sh\n" << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  /// Any provider of the pool `burst`, with no nodes yet.
  static void keeps_the_contract(NodeProvider& provider) {
    using ::testing::ElementsAre;
    using ::testing::IsEmpty;
    const auto listed = [&] {
      const auto names = provider.list();
      EXPECT_TRUE(names) << names.error().message;
      auto sorted = names.value_or(std::vector<std::string>{});
      std::sort(sorted.begin(), sorted.end());
      return sorted;
    };
    const auto done = [](const Status& status) { EXPECT_TRUE(status) << status.error().message; };
    EXPECT_THAT(listed(), IsEmpty());
    done(provider.create({"burst-1", "fleet: f\n"}));
    done(provider.create({"burst-3", "fleet: f\n"}));
    EXPECT_THAT(listed(), ElementsAre("burst-1", "burst-3"));
    done(provider.create({"burst-3", "fleet: f\n"}));  // it is there already
    EXPECT_THAT(listed(), ElementsAre("burst-1", "burst-3"));
    done(provider.remove("burst-1"));
    EXPECT_THAT(listed(), ElementsAre("burst-3"));
    done(provider.remove("burst-1"));  // it is gone already
    done(provider.remove("burst-3"));
    EXPECT_THAT(listed(), IsEmpty());
  }

  std::filesystem::path folder_;
};

}  // namespace starling::testing_provider
