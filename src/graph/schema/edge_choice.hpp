#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dictionary/dictionary.hpp"

namespace etl::graph {

/// Which edge table a reference goes to when several join the same two types.
enum class EdgeRule : unsigned char {
  link,   ///< the one whose link is named after the field
  first,  ///< the first in the dictionary's order, as the reference loader does
};

/// Which edge table a reference goes to. Several tables may join the same two types (Task -> Patient by `owner` and by
/// `for`): the one whose link is named after the field counts, else the first in the dictionary's order;
/// EdgeRule::first: always that.
class EdgeChoice {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  explicit EdgeChoice(const dictionary::Dictionary& dictionary, EdgeRule rule = EdgeRule::link);

  /// The edge tables from one type (label) to another; places in Dictionary::edges().
  [[nodiscard]] const std::vector<std::size_t>& between(std::string_view src, std::string_view dst) const;

  /// `names`: what the field is called, as FHIR has it and as the record has it. `none` when no table joins the two.
  [[nodiscard]] std::size_t choose(std::string_view src, std::string_view dst,
                                   std::initializer_list<std::string_view> names) const;

  /// Is the link of this edge named after the field: `owner` or `owner_Patient`; for Task.input `input_valueReference`?
  [[nodiscard]] bool fits(std::size_t edge, std::string_view field) const;

 private:
  const dictionary::Dictionary& dictionary_;
  EdgeRule rule_;
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>, std::less<>> between_;
  std::vector<std::size_t> nothing_;
};

}  // namespace etl::graph
