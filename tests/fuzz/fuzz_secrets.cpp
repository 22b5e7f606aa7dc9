// What is printed and logged when somebody puts a known secret into it, whatever stands around it.

#include "base/secrets.hpp"

#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

/// `+/=` and a quote change when they are encoded.
constexpr std::string_view kToken = "hunter2+SE/CR\"ET=tail";

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out += c;
    } else {
      out.append(1, '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool added = [] {
    secrets::add(kToken);
    secrets::add(percent_encoded("a second secret"));
    return true;
  }();
  require(added, "no secret was added");
  std::string_view after = fuzz::text_of(data, size);
  const std::string_view before = fuzz::take_field(after);

  const std::string plain = secrets::redact(fuzz::text_of(data, size));
  require(plain.size() <= 4 * size + 16, "a text that grows");
  require(plain.find(kToken) == std::string::npos, "a secret is shown in: " + plain);

  std::string escaped;
  for (const char c : kToken) {
    if (c == '"') escaped += '\\';
    escaped += c;
  }
  for (const std::string& form : {std::string(kToken), percent_encoded(kToken), escaped}) {
    std::string shown(before);
    shown.append(form).append(after);
    if (before.find("hunter2") != std::string_view::npos || after.find("hunter2") != std::string_view::npos) continue;
    require(secrets::redact(shown).find("hunter2") == std::string::npos, "a secret is shown in: " + shown);
  }
  return 0;
}
