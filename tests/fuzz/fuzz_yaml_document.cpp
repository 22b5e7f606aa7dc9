// The reader under every YAML file: whatever the text, the tree stays within the limits.

#include "config/yaml_document.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using config::YamlNode;
using fuzz::require;

constexpr config::YamlLimits kLimits{.bytes = 8192, .depth = 12, .nodes = 5000};

/// Visits what a reader visits: every node, through every alias.
void visit(const YamlNode& node, std::size_t depth, std::size_t last_line, std::size_t& visited) {
  require(++visited <= kLimits.nodes, "more nodes than the limit");
  // A scalar in the deepest list is one step below it.
  require(depth <= kLimits.depth + 1, "a tree that is deeper than the limit");
  require(node.line() >= 1 && node.line() <= last_line, "a line behind the end");
  require(node.is_scalar() || node.text().empty(), "a text that is no scalar's");
  for (const YamlNode* const item : node.items()) visit(*item, depth + 1, last_line, visited);
  for (const auto& [key, value] : node.members()) {
    visit(*key, depth + 1, last_line, visited);
    visit(*value, depth + 1, last_line, visited);
    if (key->is_scalar()) require(node.find(key->text()) != nullptr, "a member that is not found");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto refused = fuzz::refusal_of([&] {
    const auto document = config::YamlDocument::parse(text, "a.yaml", kLimits);
    require(size <= kLimits.bytes, "more bytes than the limit");
    // A line may also end with CR, or with one of Unicode's separators, of which each has at least one byte.
    std::size_t visited = 0;
    visit(document.root(), 0, size + 2, visited);
  });
  if (refused) {
    require(refused->code == ExitCode::invalid_input && refused->where.starts_with("a.yaml"), "another error");
  }
  return 0;
}
