#include "documents/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.hpp"

namespace etl::documents {
namespace {

/// Linux's NAME_MAX and PATH_MAX; the latter leaves room for the folder's own path.
constexpr std::size_t kLongestPart = 255;
constexpr std::size_t kLongestName = 3072;

constexpr std::string_view kOutput = "output/";

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == ascii_lower(b); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Length of the UTF-8 sequence that begins with this byte, 0 for a byte that begins none.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(byte(at));
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(at + i) & 0xC0U) != 0x80U) return false;
    }
    // Overlong forms, surrogates, and what is beyond U+10FFFF.
    const auto second = length > 1 ? byte(at + 1) : 0U;
    if ((byte(at) == 0xE0 && second < 0xA0) || (byte(at) == 0xED && second > 0x9F) ||
        (byte(at) == 0xF0 && second < 0x90) || (byte(at) == 0xF4 && second > 0x8F)) {
      return false;
    }
    at += length;
  }
  return true;
}

std::string_view without_file_prefix(std::string_view address) {
  for (const std::string_view prefix : {"file:///", "file://localhost/", "file://", "file:/"}) {
    if (starts_with_word(address, prefix)) {
      address.remove_prefix(prefix.size());
      break;
    }
  }
  if (address.starts_with("./")) address.remove_prefix(2);
  return address;
}

}  // namespace

AddressKind kind_of(std::string_view url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, std::min(colon, url.size()));
  const bool named = colon != std::string_view::npos && colon > 0 && std::ranges::all_of(scheme, [](char c) {
                       return is_ascii_alphanumeric(c) || c == '+' || c == '-' || c == '.';
                     });
  if (named && !(scheme.size() == 4 && starts_with_word(scheme, "file"))) {
    if (url.substr(colon).starts_with("://")) return AddressKind::elsewhere;
    // These name no file even without "//"; other words before a colon may be part of a file's name.
    for (const std::string_view other : {"urn", "data", "mailto", "cid", "http", "https", "s3", "gs", "drs", "ftp"}) {
      if (scheme.size() == other.size() && starts_with_word(scheme, other)) return AddressKind::elsewhere;
    }
  }
  constexpr std::string_view binary = "Binary/";
  if (url.starts_with(binary)) {
    std::string_view id = url.substr(binary.size());
    if (const auto version = id.find("/_history/"); version != std::string_view::npos) id = id.substr(0, version);
    const bool is_id = !id.empty() && id.size() <= 64 &&
                       std::ranges::all_of(id, [](char c) { return is_ascii_alphanumeric(c) || c == '-' || c == '.'; });
    if (is_id) return AddressKind::reference;
  }
  return AddressKind::file;
}

std::string decode_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
    if (low < 0) {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return out;
}

std::string name_of(std::string_view address) { return decode_percent(without_file_prefix(address)); }

std::string raw_name_of(std::string_view address) { return std::string(without_file_prefix(address)); }

std::string refusal_of_name(std::string_view name, std::string_view what) {
  if (name.empty()) return fmt::format("{} names no file", what);
  if (name.starts_with('/')) return fmt::format("{} is an absolute path", what);
  if (name.ends_with('/')) return fmt::format("{} names a folder", what);
  if (name.size() > kLongestName) return fmt::format("{} is too long for a path", what);
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return fmt::format("{} contains a control character", what);
  }
  if (!is_utf8(name)) return fmt::format("{} is not UTF-8", what);
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part == "." || part == "..") return fmt::format("{} contains `{}`", what, part);
    if (part.starts_with('.')) return fmt::format("a part of {} begins with a dot", what);
    if (part.size() > kLongestPart)
      return fmt::format("a part of {} is longer than 255 bytes, the limit for the name of a file", what);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> names_in_output(std::string_view address) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name) {
    while (name.starts_with('/')) name.remove_prefix(1);
    if (refusal_of_name(name).empty() && std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  };
  for (const std::string& whole : {name_of(address), raw_name_of(address)}) {
    std::string_view name = whole;
    while (name.starts_with('/')) name.remove_prefix(1);
    // What is refused as a whole is refused in part and in every spelling: "output/../x" is not "x".
    if (!refusal_of_name(name).empty()) return names;
    if (name.starts_with(kOutput)) {
      add(name.substr(kOutput.size()));
    } else if (const auto at = name.find("/output/"); at != std::string_view::npos) {
      add(name.substr(at + 1 + kOutput.size()));
    }
    add(name);
  }
  return names;
}

}  // namespace etl::documents
