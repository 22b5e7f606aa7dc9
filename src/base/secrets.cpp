#include "base/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace etl::secrets {
namespace {

constexpr std::string_view mask = "***";

struct Registry {
  std::shared_mutex mutex;
  std::vector<std::string> forms;  ///< every form of every secret, the longest first
};

// Never destroyed: destructors of other statics may still log.
Registry& registry() {
  static Registry& instance = *new Registry;  // NOLINT(cppcoreguidelines-owning-memory)
  return instance;
}

std::string percent_encoded(std::string_view text, std::string_view digits) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string json_escaped(std::string_view text, bool slashes) {
  std::string quoted = json_quote(text);
  quoted = quoted.substr(1, quoted.size() - 2);
  if (!slashes) return quoted;
  std::string out;
  for (const char c : quoted) {
    if (c == '/') out += '\\';
    out += c;
  }
  return out;
}

/// The characters of a Base64 text that depend on `text` alone when `before` bytes (modulo 3) stand in front of it.
std::string base64_core(std::string_view text, std::size_t before, std::string_view alphabet) {
  std::string padded(before, '\0');
  padded += text;
  std::string out;
  unsigned value = 0;
  unsigned bits = 0;
  for (const char c : padded) {
    value = (value << 8U | static_cast<unsigned char>(c)) & 0xFFFFFFU;
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[value >> (bits - 6) & 63U];
  }
  // The first characters also hold bits of what stands before.
  return out.substr(before == 0 ? 0 : before + 1);
}

std::vector<std::string> forms_of(std::string_view secret) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::vector<std::string> forms{std::string(secret),
                                 percent_encoded(secret, "0123456789ABCDEF"),
                                 percent_encoded(secret, "0123456789abcdef"),
                                 json_escaped(secret, false),
                                 json_escaped(secret, true),
                                 printable(secret)};
  for (const char* last : {"+/", "-_"}) {
    for (std::size_t before = 0; before < 3; ++before) {
      forms.push_back(base64_core(secret, before, std::string(letters) + last));
    }
  }
  return forms;
}

bool ends_value(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || std::string_view("&\"'<>\\`,;)}]").find(c) != std::string_view::npos;
}

/// Does `name` stand at `at` in `text`, in any case?
bool stands_at(std::string_view text, std::size_t at, std::string_view name) {
  return at + name.size() <= text.size() &&
         std::equal(name.begin(), name.end(), text.begin() + static_cast<std::ptrdiff_t>(at), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
         });
}

/// Where the value that begins at `at` ends: a quoted one (libpq's `'…'`, with \ and '' inside) at its last quote.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '\'') {
    for (std::size_t i = at + 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '\'') {
        return i + 1;
      }
    }
    return text.size();
  }
  while (at < text.size() && !ends_value(text[at])) ++at;
  return at;
}

/// `name=` parameters whose values are secrets.
void redact_parameters(std::string& text) {
  constexpr std::array<std::string_view, 5> names{
      "X-Amz-Signature=", "X-Amz-Security-Token=", "X-Goog-Signature=", "sig=", "password="};
  for (std::size_t equals = text.find('='); equals != std::string::npos; equals = text.find('=', equals + 1)) {
    for (const std::string_view name : names) {
      if (equals + 1 < name.size()) continue;
      const std::size_t begin = equals + 1 - name.size();
      if (!stands_at(text, begin, name)) continue;
      // `ssl_sig=` and `sslpassword=` are parameters, too; `design=` is not `sig=`.
      if (begin > 0 && name == "sig=" && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0) continue;
      const std::size_t end = end_of_value(text, equals + 1);
      if (end > equals + 1) text.replace(equals + 1, end - equals - 1, mask);
      break;
    }
  }
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), is_ascii_digit);
}

/// Where the password of an address begins and ends, or two equal positions. `begin`: where its user begins. A `/`, `?`
/// or `#` inside the password is found where what precedes it cannot be a host and a port.
std::pair<std::size_t, std::size_t> password_in(std::string_view text, std::size_t begin) {
  const auto ends = [&](std::size_t at, std::string_view marks) {
    return at >= text.size() || static_cast<unsigned char>(text[at]) <= 0x20 ||
           marks.find(text[at]) != std::string_view::npos;
  };
  std::size_t end = begin;
  while (!ends(end, "/?#\"'<>`")) ++end;
  std::string_view authority = text.substr(begin, end - begin);
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return {begin, begin};
  if (authority.find('@') == std::string_view::npos && !is_port(authority.substr(colon + 1))) {
    while (!ends(end, "\"'<>`")) ++end;
    authority = text.substr(begin, end - begin);
  }
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos || colon > at) return {begin, begin};
  return {begin + colon + 1, begin + at};
}

/// Calls `each` with the position where the user would stand of every `scheme://`, and of `http:/`, which is a typing
/// error. `each` may change the text behind that position.
template <typename Each>
void each_address(const std::string& text, Each&& each) {
  for (std::size_t colon = text.find(":/"); colon != std::string::npos; colon = text.find(":/", colon + 2)) {
    if (text.compare(colon, 3, "://") == 0) {
      each(colon + 3);
    } else if ((colon >= 4 && text.compare(colon - 4, 4, "http") == 0) ||
               (colon >= 5 && text.compare(colon - 5, 5, "https") == 0)) {
      each(colon + 2);
    }
  }
}

void redact_addresses(std::string& text) {
  each_address(text, [&](std::size_t user) {
    const auto [begin, end] = password_in(text, user);
    if (begin < end) text.replace(begin, end - begin, mask);
  });
}

}  // namespace

void add(std::string_view secret) {
  if (secret.size() < shortest) return;
  Registry& known = registry();
  {
    const std::shared_lock lock(known.mutex);
    if (std::find(known.forms.begin(), known.forms.end(), secret) != known.forms.end()) return;
  }
  const std::unique_lock lock(known.mutex);
  for (std::string& form : forms_of(secret)) {
    if (form.size() >= shortest && std::find(known.forms.begin(), known.forms.end(), form) == known.forms.end()) {
      known.forms.push_back(std::move(form));
    }
  }
  std::stable_sort(known.forms.begin(), known.forms.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void add_from_address(std::string_view address) {
  const std::string text(address);
  each_address(text, [&](std::size_t user) {
    const auto [begin, end] = password_in(text, user);
    if (begin < end) add(std::string_view(text).substr(begin, end - begin));
  });
  constexpr std::string_view name = "password=";
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (!stands_at(address, i, name)) continue;
    std::string_view value = address.substr(i + name.size(), end_of_value(address, i + name.size()) - i - name.size());
    if (value.size() >= 2 && value.front() == '\'') value = value.substr(1, value.size() - 2);
    add(value);
  }
}

std::string redact(std::string_view text) {
  std::string out(text);
  redact_parameters(out);
  redact_addresses(out);
  Registry& known = registry();
  const std::shared_lock lock(known.mutex);
  for (const std::string& form : known.forms) {
    for (std::size_t at = out.find(form); at != std::string::npos; at = out.find(form, at + mask.size())) {
      out.replace(at, form.size(), mask);
    }
  }
  return out;
}

void clear() {
  Registry& known = registry();
  const std::unique_lock lock(known.mutex);
  known.forms.clear();
}

}  // namespace etl::secrets
