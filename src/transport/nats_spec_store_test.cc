#include "transport/nats_spec_store.h"

#include <gmock/gmock.h>

#include <barrier>

#include "transport/nats_for_tests.h"

namespace starling {
namespace {

ModelSpec model(const std::string& name, int replicas_max = 5) {
  ModelSpec spec;
  spec.name = name;
  spec.artifact = "/models/" + name + ".pt";
  spec.replicas.max = replicas_max;
  return spec;
}

class NatsSpecs : public Nats {
 protected:
  std::unique_ptr<NatsSpecStore> store(std::size_t server, std::optional<int> replicas,
                                       const std::string& fleet = "fleet") const {
    return std::move(NatsSpecStore::create(connect(server), fleet, replicas).value());
  }
  /// What the servers say of the fleet's bucket; 0 when they do not.
  std::int64_t copies_of(const std::string& fleet) const {
    const auto connection = connect(0);
    jsCtx* js = nullptr;
    EXPECT_EQ(natsConnection_JetStream(&js, connection->get(), nullptr), NATS_OK);
    jsStreamInfo* info = nullptr;
    const auto name = "KV_starling-" + fleet + "-specs";
    (void)js_GetStreamInfo(&info, js, name.c_str(), nullptr, nullptr);
    const auto copies = info == nullptr ? 0 : info->Config->Replicas;
    jsStreamInfo_Destroy(info);
    jsCtx_Destroy(js);
    return copies;
  }

  /// Repeats a write until the cluster takes it.
  static bool put_in_time(NatsSpecStore& specs, const ModelSpec& spec) {
    std::string problem;
    const bool done = wait_until([&] {
      const auto put = specs.put(spec, std::nullopt);
      if (!put) problem = put.error().message;
      return put.has_value();
    });
    EXPECT_TRUE(done) << problem;
    return done;
  }

  /// A cluster that has just lost its leader cannot be read for some seconds.
  static bool lists(NatsSpecStore& specs, const ModelSpec& only) {
    return wait_until([&] {
      const auto all = specs.list();
      return all && all->size() == 1 && all->front().spec == only;
    });
  }
};

TEST_F(NatsSpecs, ASingleServerKeepsSpecs) {
  start_servers(1);
  auto specs = store(0, 1);
  const auto created = specs->put(model("digits"), 0);
  ASSERT_TRUE(created) << created.error().message;
  const auto changed = specs->put(model("digits", 7), *created);
  ASSERT_TRUE(changed) << changed.error().message;
  const auto all = specs->list();
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].spec, model("digits", 7));
  EXPECT_EQ((*all)[0].revision, *changed);
}

TEST_F(NatsSpecs, ChangesOnlyWhatTheCallerHasSeen) {
  start_servers(1);
  auto specs = store(0, 1);
  const auto created = specs->put(model("digits"), 0);
  ASSERT_TRUE(created) << created.error().message;
  const auto again = specs->put(model("digits", 9), 0);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(specs->put(model("digits", 8), *created));
  const auto stale = specs->put(model("digits", 9), *created);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, ErrorCode::kConflict);
  EXPECT_EQ(specs->remove("digits", *created).error().code, ErrorCode::kConflict);
  EXPECT_EQ(specs->remove("prices", std::nullopt).error().code, ErrorCode::kNotFound);
}

TEST_F(NatsSpecs, ARemovedModelCanBeCreatedAgain) {
  start_servers(1);
  auto specs = store(0, 1);
  ASSERT_TRUE(specs->put(model("digits"), 0));
  ASSERT_TRUE(specs->remove("digits", std::nullopt));
  EXPECT_TRUE(specs->list()->empty());
  EXPECT_EQ(specs->remove("digits", std::nullopt).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(specs->put(model("digits"), 0));
  EXPECT_EQ(specs->list()->size(), 1u);
}

/// The agents of a new fleet start together, and the first thing that each does makes the bucket.
TEST_F(NatsSpecs, AgentsThatStartTogetherMakeOneBucket) {
  constexpr int kFleets = 20, kAgents = 4;
  start_servers(1);
  for (int fleet = 0; fleet < kFleets; ++fleet) {
    const std::string name = "fleet" + std::to_string(fleet);
    std::vector<std::unique_ptr<NatsSpecStore>> stores;
    for (int i = 0; i < kAgents; ++i) stores.push_back(store(0, 1, name));
    std::vector<std::string> problems(kAgents);
    {
      std::barrier together(kAgents);
      std::vector<std::jthread> agents;
      for (int i = 0; i < kAgents; ++i) {
        agents.emplace_back([&, i] {
          together.arrive_and_wait();
          const auto put = stores[i]->put(model("m" + std::to_string(i)), 0);
          if (!put) problems[i] = put.error().message;
        });
      }
    }
    EXPECT_THAT(problems, testing::Each(testing::IsEmpty())) << name;
    const auto all = stores[0]->list();
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->size(), kAgents) << name;
  }
}

TEST_F(NatsSpecs, AWatcherSeesChangesAcrossARestartOfItsServer) {
  start_servers(1);
  auto writer = store(0, 1), reader = store(0, 1);
  std::mutex mutex;
  std::vector<std::string> names;
  reader->watch([&](std::vector<StoredSpec> all) {
    const std::lock_guard lock(mutex);
    names.clear();
    for (const auto& stored : all) names.push_back(stored.spec.name);
  });
  const auto sees = [&](const std::vector<std::string>& expected) {
    return wait_until([&] {
      const std::lock_guard lock(mutex);
      return names == expected;
    });
  };
  const auto put = writer->put(model("b"), 0);
  ASSERT_TRUE(put) << put.error().message;
  ASSERT_TRUE(writer->put(model("a"), 0));
  EXPECT_TRUE(sees({"a", "b"}));
  ASSERT_TRUE(writer->remove("b", std::nullopt));
  EXPECT_TRUE(sees({"a"}));
  const auto contact = reader->last_contact();
  ASSERT_TRUE(contact);

  kill_server(0);
  restart_server(0);
  EXPECT_TRUE(put_in_time(*writer, model("c")));
  EXPECT_TRUE(sees({"a", "c"}));
  EXPECT_TRUE(wait_until([&] { return reader->last_contact() > contact; }));
}

TEST_F(NatsSpecs, AClusterSurvivesOneServerAndRefusesWritesWithoutQuorum) {
  start_servers(3);
  auto specs = store(0, 3);
  ASSERT_TRUE(put_in_time(*specs, model("digits")));

  // The second server dies: writes resume.
  kill_server(1);
  EXPECT_TRUE(put_in_time(*specs, model("digits", 6)));
  EXPECT_TRUE(lists(*specs, model("digits", 6)));

  // The third dies as well: nothing is written any more, but messages still flow.
  kill_server(2);
  EXPECT_TRUE(wait_until([&] { return !specs->put(model("digits", 7), std::nullopt); }));
  const auto refused = specs->put(model("digits", 8), std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("quorum"));
  auto a = transport(0, "a"), b = transport(0, "b");
  Inbox in_b;
  in_b.attach(*b);
  a->send("b", "still here");
  EXPECT_TRUE(wait_until([&] { return in_b.has("still here"); }));

  // One comes back: a majority again.
  restart_server(1);
  EXPECT_TRUE(put_in_time(*specs, model("digits", 9)));
  EXPECT_TRUE(lists(*specs, model("digits", 9)));
}

TEST_F(NatsSpecs, KeepsAsManyCopiesAsTheServersAllowWhereNoNumberIsGiven) {
  const struct {
    int servers;
    std::int64_t copies;
  } table[] = {{1, 1}, {2, 1}, {3, 3}};
  for (const auto& row : table) {
    SCOPED_TRACE(fmt::format("{} servers", row.servers));
    start_servers(row.servers);
    // A cluster that has not met yet would be taken for a smaller one.
    const auto first = store(0, row.servers == 3 ? 3 : 1, "first");
    ASSERT_TRUE(put_in_time(*first, model("digits")));
    const auto specs = store(0, std::nullopt);
    ASSERT_TRUE(put_in_time(*specs, model("digits")));
    EXPECT_TRUE(lists(*specs, model("digits")));
    EXPECT_EQ(copies_of("fleet"), row.copies);
    servers_.clear();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
}

TEST_F(NatsSpecs, InsistsOnTheCopiesThatAreAskedFor) {
  start_servers(1);
  const auto put = store(0, 3)->put(model("digits"), std::nullopt);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(copies_of("fleet"), 0);
}

}  // namespace
}  // namespace starling
