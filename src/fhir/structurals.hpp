#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace etl::fhir {

/// simdjson's first stage over a buffer of one or many JSON texts: the offset of every `{ } [ ] : ,` and of the first
/// byte of every string, number and literal. It proves that the bytes are UTF-8, that no control character stands
/// inside a string and that the last string is closed. The grammar is checked later, by Cursor, while the texts are
/// read.
class Structurals {
 public:
  Structurals();
  ~Structurals();
  Structurals(const Structurals&) = delete;
  Structurals& operator=(const Structurals&) = delete;

  /// Index `text` (below 4 GiB; padded as by Buffer::pad()). Empty on success, else what is wrong
  /// with the bytes.
  [[nodiscard]] std::string_view index(std::string_view text);

  /// The offsets, ascending; behind the last one stands text.size() twice.
  [[nodiscard]] const std::uint32_t* begin() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
};

/// What is wrong with the bytes of a JSON text, and at which byte.
struct BadBytes {
  std::string what;
  std::size_t at = 0;
};

/// Finds the place of what Structurals::index() says about `text`: the opening quote of a string that is not closed on
/// its line, or the first control character in a string. The start of the text for any other problem.
[[nodiscard]] BadBytes explain_bytes(std::string_view text, std::string_view problem);

}  // namespace etl::fhir
