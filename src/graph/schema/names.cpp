#include "graph/schema/names.hpp"

#include <algorithm>
#include <cctype>

namespace etl::graph {

std::string key_index_name(std::string_view label, std::string_view description) {
  constexpr std::size_t longest_plain_name = 40;
  const auto table = dictionary::node_table(label);
  auto name = "index_" + table + "_" + std::string(description);
  if (name.size() <= longest_plain_name) return name;
  return "index_" + dictionary::short_md5(table) + "_" + dictionary::abbreviate(label, 4).substr(0, 20) + "_" +
         dictionary::abbreviate(description, 8, "_").substr(0, 25);
}

std::string node_key_name(std::string_view label) {
  auto name = dictionary::class_name(label);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return "_" + name + "_id_uc";
}

}  // namespace etl::graph
