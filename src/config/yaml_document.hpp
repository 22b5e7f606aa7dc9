#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The one YAML reader of the program: etl.yaml, user.yaml, fence-config.yaml and the simplify configuration.
///
/// libyaml produces the events; it does not recurse, and its own limits keep its work linear. The tree is built here,
/// within YamlLimits, so that no file, however it was made, costs more than its limits allow.
namespace etl::config {

/// What a document may cost.
struct YamlLimits {
  std::uint64_t bytes = std::uint64_t{1} << 20U;
  std::size_t depth = 64;
  /// Nodes of the tree after every alias and merge key is expanded: what a reader may have to visit.
  std::size_t nodes = 200'000;
};

/// One value of a document. Aliases point to the node of their anchor.
class YamlNode {
 public:
  enum class Kind { null, scalar, sequence, map };
  using Member = std::pair<const YamlNode*, const YamlNode*>;

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  /// No value, or a plain `~` or `null`.
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }
  [[nodiscard]] bool is_scalar() const noexcept { return kind_ == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const noexcept { return kind_ == Kind::sequence; }
  [[nodiscard]] bool is_map() const noexcept { return kind_ == Kind::map; }

  /// A scalar's text, without quotes and escapes; empty for other kinds.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// From 1.
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  /// A sequence's items, in order.
  [[nodiscard]] const std::vector<const YamlNode*>& items() const noexcept { return items_; }
  /// A map's members: first those that merge keys (`<<`) bring and that the map does not have itself, then its own in
  /// order. A key that comes twice is there twice.
  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
  /// The value of the last member with this key, as PyYAML reads it; null when there is none or this is no map.
  [[nodiscard]] const YamlNode* find(std::string_view key) const noexcept;

 private:
  friend class YamlBuilder;

  Kind kind_ = Kind::null;
  bool open_ = false;       ///< its end has not been read yet
  bool merge_key_ = false;  ///< a plain `<<`
  std::size_t line_ = 1;
  std::size_t weight_ = 1;  ///< nodes below it and itself, aliases expanded
  std::string text_;
  std::vector<const YamlNode*> items_;
  std::vector<Member> members_;
};

/// A whole document. Nodes live as long as it does.
class YamlDocument {
 public:
  /// Throws InputError, with `where`:line, for text that is not YAML in UTF-8 or exceeds the limits, a second document,
  /// an alias without an anchor, an alias inside of its own anchor, and a merge key whose value is not a map or a list
  /// of maps. Messages never quote the text, which may hold secrets.
  [[nodiscard]] static YamlDocument parse(std::string_view text, const std::string& where,
                                          const YamlLimits& limits = {});
  /// As parse(); InputError as well when the file cannot be read.
  [[nodiscard]] static YamlDocument load(const std::filesystem::path& file, const YamlLimits& limits = {});

  /// A null node for an empty document.
  [[nodiscard]] const YamlNode& root() const noexcept { return *root_; }

 private:
  friend class YamlBuilder;
  YamlDocument() = default;

  std::deque<YamlNode> nodes_;  // addresses hold when it grows and when the document is moved
  const YamlNode* root_ = nullptr;
};

}  // namespace etl::config
