// What a shell may offer for the word that is being typed, from the commands and options that a
// program has.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace starling::cli {

/// Where a value is expected.
struct ValuePlace {
  std::string command;               // "node drain"; empty: the program itself
  std::string option;                // "--policy", or a positional's name, "model"
  std::vector<std::string> earlier;  // positionals before it
};

/// The values for a place; none: not known, so that files are offered. Called only for options that
/// name no choices themselves. Must not write anything, and be done within a second.
using ValueNames = std::function<std::optional<std::vector<std::string>>(const ValuePlace&)>;

struct Completion {
  struct Candidate {
    std::string word;
    std::string help;  // one line; may be empty
  };
  std::vector<Candidate> candidates;  // those that begin with the word
  bool files = false;                 // the shell's own completion of paths is wanted
};

/// For `word`, possibly empty, after the words `before` it. `others`: commands of the first level
/// that `app` does not know.
Completion complete(const CLI::App& app, const std::vector<std::string>& before,
                    const std::string& word, const std::vector<std::string>& others,
                    const ValueNames& names);

/// What the shells' functions read: "word<tab>help" lines, and ":files" where paths are wanted.
std::string lines_of(const Completion& completion);

/// The function for bash, zsh or fish that asks the program, as a file to be sourced. None for
/// another shell.
std::optional<std::string> completion_script(const std::string& shell);

}  // namespace starling::cli
