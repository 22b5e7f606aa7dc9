#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace etl::config {

/// What the parser says about text that is not YAML. Lines count from 1.
struct YamlProblem {
  std::string_view problem;    ///< libyaml's own words
  std::size_t line = 0;        ///< where it found the problem
  std::string_view context;    ///< what it was parsing, in libyaml's words; may be empty
  std::size_t begun = 0;       ///< the line where what it was parsing begins
  std::size_t quote_line = 0;  ///< the line where the last quoted text that spans lines begins; 0 when there is none
  std::size_t quote_end = 0;   ///< the line where that text ends
};

/// The same in words for someone who wrote the file by hand.
struct YamlExplanation {
  std::string what;
  std::size_t line = 0;  ///< the line to look at first
  std::string hint;
};

/// `text` is the whole document.
[[nodiscard]] YamlExplanation explain(const YamlProblem& problem, std::string_view text);

}  // namespace etl::config
