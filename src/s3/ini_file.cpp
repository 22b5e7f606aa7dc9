#include "s3/ini_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace etl::s3 {
namespace {

constexpr std::size_t kLargest = std::size_t{4} << 20U;

std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view line) {
  const auto delimiter = line.find_first_of("=:");
  if (delimiter == std::string_view::npos || delimiter == 0) return std::nullopt;
  return std::pair{ascii_lower(trim(line.substr(0, delimiter))), std::string(trim(line.substr(delimiter + 1)))};
}

class Parser {
 public:
  explicit Parser(const std::string& where) : where_(where) {}

  void line(std::string_view line) {
    ++number_;
    const auto text = trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return;
    const auto indent = line.find_first_not_of(" \t");
    if (value_ != nullptr && indent > indent_) {
      *value_ += '\n';
      *value_ += text;
    } else if (text.front() == '[') {
      open_section(text);
    } else {
      add_key(text, indent);
    }
  }

  IniFile take() { return std::move(file_); }

 private:
  void open_section(std::string_view text) {
    if (text.find(']') == std::string_view::npos) fail("a section lacks its closing ']'");
    section_ = &file_[std::string(trim(text.substr(1, text.find(']') - 1)))];
    value_ = nullptr;
  }

  void add_key(std::string_view text, std::size_t indent) {
    if (section_ == nullptr) fail("a key precedes the first [section]");
    auto entry = key_and_value(text);
    if (!entry) fail("this line is neither a [section] nor `key = value`");
    value_ = &(*section_)[entry->first];
    *value_ = std::move(entry->second);
    indent_ = indent;
  }

  // The line itself is not shown: it may hold a secret.
  [[noreturn]] void fail(const char* what) const {
    throw UsageError(what, fmt::format("{}:{}", where_, number_),
                     "use the format of the AWS CLI: a line [profile NAME], then lines `key = value`");
  }

  const std::string& where_;
  IniFile file_;
  IniSection* section_ = nullptr;
  std::string* value_ = nullptr;
  std::size_t indent_ = 0;
  std::size_t number_ = 0;
};

template <typename Visit>
void each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

IniFile parse_ini(std::string_view text, const std::string& where) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Parser parser(where);
  each_line(text, [&](std::string_view line) { parser.line(line); });
  return parser.take();
}

IniFile read_ini(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (error) throw UsageError("cannot look for the AWS settings: " + error.message(), path.string());
    return {};
  }
  try {
    return parse_ini(read_file(path, kLargest), path.string());
  } catch (const InputError& unreadable) {
    throw UsageError(unreadable.what(), unreadable.where(), "make the AWS settings readable for this user");
  }
}

IniSection parse_nested(std::string_view value) {
  IniSection result;
  each_line(value, [&](std::string_view line) {
    if (auto entry = key_and_value(trim(line))) result.insert(std::move(*entry));
  });
  return result;
}

}  // namespace etl::s3
