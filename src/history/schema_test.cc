// Files of other versions: one of version 1 is brought up to date with nothing lost, a newer one is
// refused, and so is what is no database.
#include "history/schema.h"

#include <fstream>

#include "history/schema_1_for_tests.sql.h"
#include "history/store_for_tests.h"

namespace starling::history {
namespace {

using testing::HasSubstr;

class SchemaTest : public StoreFixture {
 protected:
  void run(const std::string& statements) {
    auto connection = sql::Database::open(path())->connect();
    const Status status = connection->execute(statements);
    ASSERT_TRUE(status) << status.error().message;
  }
};

TEST_F(SchemaTest, AFileOfVersion1IsMigrated) {
  run(std::string(kSchema1ForTestsSql));
  auto store = open();
  EXPECT_EQ(ask(*store, "SELECT version FROM schema_version"), "[[5]]");
  EXPECT_EQ(ask(*store,
                "SELECT time, tenant, model, node, arrivals, within_slo, latency_sum_ms, "
                "replicas_ready, cpu_cores, seconds FROM usage ORDER BY time"),
            R"([["2024-05-06T12:00:00Z","demo","digits","n1",12,null,100.0,2,0.5,1.0],)"
            R"(["2024-05-06T12:00:01Z","demo","digits","n1",0,null,0.0,2,null,1.0]])");
  EXPECT_EQ(ask(*store, "SELECT reason, cloud, expert, service_mean_s FROM decision"),
            R"([["as it was","aws",null,null]])");
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM shadow"), "[[0]]");
  // What was there before is rolled up with what comes now.
  store->record(usage("digits", 3600, 5));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT time, arrivals, seconds FROM usage_minute"),
            R"([["2024-05-06T12:00:00Z",12,2.0]])");
  store.reset();
  EXPECT_EQ(ask(*open(), "SELECT count(*) FROM usage"), "[[3]]") << "opened again as version 5";
}

TEST_F(SchemaTest, ANewerFileIsRefusedAndLeftAsItIs) {
  open().reset();
  run("UPDATE schema_version SET version = 9");
  const auto store = Store::open(path(), kOwn);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(store.error().message, testing::AllOf(HasSubstr(path()), HasSubstr("version 9"),
                                                    HasSubstr("newer program")));
}

TEST_F(SchemaTest, AFileThatIsNoDatabaseIsRefusedWithWhatToDo) {
  std::ofstream(path()) << std::string(20'000, 'x');
  const auto store = Store::open(path(), kOwn);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(store.error().message,
              testing::AllOf(HasSubstr(path()), HasSubstr("cannot open as a database"),
                             HasSubstr("if the file is damaged, move it away")));
}

}  // namespace
}  // namespace starling::history
