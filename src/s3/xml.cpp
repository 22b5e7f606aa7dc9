#include "s3/xml.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/unexpected_answer.hpp"

namespace etl::s3 {
namespace {

/// A blank is a key, and a line's end in one is not to be changed.
constexpr unsigned kAsItIs = (pugi::parse_default | pugi::parse_ws_pcdata_single) & ~pugi::parse_eol;

}  // namespace

bool is_document(std::string_view text, const char* root) {
  pugi::xml_document document;
  return document.load_buffer(text.data(), text.size(), kAsItIs) &&
         std::string_view(document.document_element().name()) == root;
}

Xml::Xml(std::string_view text, const char* root, const std::string& where) {
  const auto parsed = document_.load_buffer(text.data(), text.size(), kAsItIs);
  root_ = document_.document_element();
  if (!parsed || std::string_view(root_.name()) != root) {
    throw net::UnexpectedAnswerError(
        fmt::format("this is not an answer of S3: the body is not XML that begins with <{}>", root), where,
        "check that the endpoint (endpoint_url, AWS_ENDPOINT_URL) is an S3 service");
  }
}

std::string text_of(const pugi::xml_node& node, const char* name) { return node.child_value(name); }

std::uint64_t number_of(const pugi::xml_node& node, const char* name, const std::string& where) {
  const std::string_view text = node.child_value(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  // Before it is cut: half of a secret would not be recognised any more.
  const std::string clean = secrets::redact(text);
  throw net::UnexpectedAnswerError(
      fmt::format("this is not an answer of S3: the <{}> of an entry is not a number: `{}`", name,
                  printable(std::string_view(clean).substr(0, 40))),
      where, "check that the endpoint (endpoint_url, AWS_ENDPOINT_URL) is an S3 service");
}

std::string xml_escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace etl::s3
