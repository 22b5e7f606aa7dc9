#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace etl::search {

/// A resource as the store keeps it: on one line, with `auth_resource_path` as its last member. White space outside of
/// strings may differ from the source; values do not. `id` is added as the first member when the resource has none.
[[nodiscard]] std::string stored_text(std::string_view resource, std::string_view resource_path,
                                      std::string_view add_id);

/// One hit of a search: views into the answer.
struct Hit {
  std::string_view source;  ///< the text of `_source`
  std::string_view sort;    ///< the text of `sort`, for search_after; may be empty
};

/// Calls `hit` for each one in the answer of a search. UnavailableError when it is not such an answer; nothing of it is
/// parsed into a tree, and numbers keep their digits.
void each_hit(std::string_view answer, const std::function<void(const Hit&)>& hit);

/// The text of a member of the answer itself, such as `_scroll_id`; empty when it is not there or no text.
[[nodiscard]] std::string text_of_member(std::string_view answer, std::string_view name);

/// What was put: the document without its member `auth_resource_path`; `type` gets the value of `resourceType`.
/// UnavailableError when it is not a JSON object.
[[nodiscard]] std::string resource_text(std::string_view document, std::string& type);

}  // namespace etl::search
