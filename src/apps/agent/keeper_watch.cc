#include "apps/agent/keeper_watch.h"

#include <thread>

#include "provider/keeper.h"

namespace starling::agent {

void wait_until_forsaken(const std::filesystem::path& file, Duration patience, Duration every) {
  Duration alone{};
  while (alone < patience) {
    std::this_thread::sleep_for(every);
    alone = is_kept(file) ? Duration{} : alone + every;
  }
}

}  // namespace starling::agent
