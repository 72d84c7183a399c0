// Golden transcripts: commands and what they print, in a file that a person reads.
//
// Lines that begin with "# " are for the reader, lines that begin with "$ " are run; what a command
// prints follows it, its standard error marked with "! ", then "[exit N]" unless N is 0.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/program.h"

namespace starling::system_test {

struct TranscriptOptions {
  RunOptions run;
  /// Texts that differ from run to run and what stands for them: {"/tmp/starling-x1", "<dir>"}.
  std::vector<std::pair<std::string, std::string>> placeholders;
};

/// Runs the transcript's commands again. Gives the transcript as it is now.
std::string replayed(const std::string& transcript, const TranscriptOptions& options);

/// Replays tests/transcripts/NAME.txt and expects no difference. With UPDATE_TRANSCRIPTS=1 in the
/// environment the file is rewritten instead.
void expect_transcript(const std::string& name, const TranscriptOptions& options);

}  // namespace starling::system_test
