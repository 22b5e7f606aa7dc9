// Addresses of a study's files, which become paths on this machine and names of objects. Each line of the input is an
// address, and so is all of it.

#include <algorithm>
#include <filesystem>

#include "documents/names.hpp"
#include "net/encode.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// What refusal_of_name() promises of a name that it accepts, asked of std::filesystem.
void stays_below(const std::string& name) {
  require(fuzz::is_utf8(name), "an accepted name is not UTF-8");
  require(std::ranges::none_of(name, is_control), "an accepted name has a control character");
  const std::filesystem::path folder = "/data/study";
  const std::filesystem::path relative(name);
  require(relative.is_relative() && relative.has_filename(), "an accepted name is no relative file name: " + name);
  require((folder / name).lexically_normal().string().starts_with("/data/study/"), "a path outside: " + name);
  std::size_t parts = 0;
  for (const auto& part : relative) {
    require(!part.string().starts_with('.'), "an accepted name has a part that begins with a dot: " + name);
    require(part.string().size() <= 255, "an accepted name has a part that no file system takes");
    ++parts;
  }
  require(parts > 0, "an accepted name without parts");
}

void check_name(const std::string& name) {
  const std::string refusal = documents::refusal_of_name(name, "THE NAME");
  require(refusal.empty() || refusal.find("THE NAME") != std::string::npos,
          "a refusal without its subject: " + refusal);
  require(fuzz::is_utf8(refusal) && std::ranges::none_of(refusal, is_control), "a refusal that shows raw bytes");
  if (refusal.empty()) stays_below(name);
}

void check_address(std::string_view address) {
  static_cast<void>(documents::kind_of(address));
  const std::string raw = documents::raw_name_of(address);
  require(address.ends_with(raw), "a name that is not the end of its address: " + raw);
  const std::string name = documents::name_of(address);
  require(name == documents::decode_percent(raw), "a name that is not the decoded one: " + name);
  check_name(name);
  check_name(raw);

  const auto names = documents::names_in_output(address);
  require(names.size() <= 4, "more names than an address can mean");
  for (const std::string& one : names) {
    require(documents::refusal_of_name(one).empty(), "a name below the output folder that is refused: " + one);
    stays_below(one);
    require(std::ranges::count(names, one) == 1, "the same name twice: " + one);
    require(name.ends_with(one) || raw.ends_with(one), "a name that is not the end of the address's: " + one);
  }
}

void check_escapes(std::string_view text) {
  const std::string decoded = documents::decode_percent(text);
  require(decoded == net::percent_decode(text), "decoded differently for documents and for addresses");
  require(decoded.size() <= text.size(), "decoded text is longer than its escapes");
  for (const std::string& encoded : {net::percent_encode(text), net::percent_encode_path(text)}) {
    require(documents::decode_percent(encoded) == text, "encoding and decoding gives another text: " + encoded);
    require(std::ranges::none_of(encoded, is_control), "an encoded text with a control character");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_address(text);
  check_escapes(text);
  for (const std::string_view line : fuzz::lines_of(text)) check_address(line);
  return 0;
}
