#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etl::discovery {

/// A JSON object as its members' names and the text of their values, in their order. Values that nobody sets keep
/// their text: white space, digits of numbers, escapes.
class RawMembers {
 public:
  /// InputError when the text is not one JSON object.
  [[nodiscard]] static RawMembers parse(std::string_view object);

  /// The text of a member's value; null when it is not there.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  /// The value of a member that is a string; empty when it is not there or something else.
  [[nodiscard]] std::string text_of(std::string_view name) const;
  /// Replaces the member's value where it stands, or adds it at the end.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

/// The text of each item of a JSON array; InputError when the text is not one.
[[nodiscard]] std::vector<std::string> raw_items(std::string_view array);

/// `text` as a JSON string.
[[nodiscard]] std::string json_string(std::string_view text);

/// Do both texts stand for the same JSON value?
[[nodiscard]] bool same_value(std::string_view one, std::string_view other);

}  // namespace etl::discovery
