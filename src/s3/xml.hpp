#pragma once

#include <cstdint>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace etl::s3 {

/// Is the text a whole XML document with this root?
[[nodiscard]] bool is_document(std::string_view text, const char* root);

/// An answer's XML; its root is `root`. net::UnexpectedAnswerError with `where` when it is no such document: then
/// something else than S3 answered, or half of an answer came.
class Xml {
 public:
  Xml(std::string_view text, const char* root, const std::string& where);
  [[nodiscard]] const pugi::xml_node& root() const { return root_; }

 private:
  pugi::xml_document document_;
  pugi::xml_node root_;
};

/// The text of an element, as in `<ETag>…</ETag>`.
[[nodiscard]] std::string text_of(const pugi::xml_node& node, const char* name);
[[nodiscard]] std::uint64_t number_of(const pugi::xml_node& node, const char* name);

/// For the body of a request.
[[nodiscard]] std::string xml_escape(std::string_view text);

}  // namespace etl::s3
