#include "files/document.hpp"

#include <charconv>

#include "base/error.hpp"

namespace etl::files {
namespace {

using simdjson::dom::element;

constexpr std::string_view md5_extension = "http://aced-idp.org/fhir/StructureDefinition/md5";
constexpr std::string_view source_path_extension = "http://aced-idp.org/fhir/StructureDefinition/source_path";

std::string text_in(const element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<std::uint64_t> size_in(const element& attachment) {
  std::uint64_t number = 0;
  if (attachment["size"].get(number) == simdjson::SUCCESS) return number;
  const std::string text = text_in(attachment, "size");
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

void read_extensions(const element& attachment, Attachment& out) {
  simdjson::dom::array extensions;
  if (attachment["extension"].get(extensions) != simdjson::SUCCESS) return;
  for (const element extension : extensions) {
    const std::string url = text_in(extension, "url");
    if (url == md5_extension) out.md5 = text_in(extension, "valueString");
    if (url == source_path_extension) out.source_path = text_in(extension, "valueUrl");
  }
}

}  // namespace

std::optional<Attachment> read_attachment(simdjson::dom::parser& parser, std::string_view resource) {
  element root;
  if (const auto error = parser.parse(resource.data(), resource.size(), true).get(root)) {
    throw InputError(std::string("not JSON: ") + simdjson::error_message(error));
  }
  if (text_in(root, "resourceType") != "DocumentReference") return std::nullopt;
  Attachment out;
  out.id = text_in(root, "id");
  simdjson::dom::array contents;
  if (root["content"].get(contents) != simdjson::SUCCESS) return out;
  out.contents = contents.size();
  element attachment;
  if (contents.at(0)["attachment"].get(attachment) != simdjson::SUCCESS) return out;
  out.url = text_in(attachment, "url");
  out.size = size_in(attachment);
  out.has_data = attachment["data"].error() == simdjson::SUCCESS;
  read_extensions(attachment, out);
  return out;
}

}  // namespace etl::files
