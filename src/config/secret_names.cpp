#include "config/secret_names.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace etl::config {
namespace {

/// One word of a variable's name, in capitals.
bool is_secret_word(std::string_view word) {
  constexpr std::array<std::string_view, 14> whole{"PASS", "PW",  "PWD", "AUTH", "CRED",   "CREDS",  "JWT",
                                                   "DSN",  "PAT", "SAS", "PIN",  "COOKIE", "BEARER", "PASSPHRASE"};
  constexpr std::array<std::string_view, 4> anywhere{"TOKEN", "SECRET", "PASSW", "CREDENTIAL"};
  return std::ranges::find(whole, word) != whole.end() || word.ends_with("KEY") || word.ends_with("KEYS") ||
         std::ranges::any_of(anywhere, [&](std::string_view part) { return word.find(part) != word.npos; });
}

}  // namespace

bool names_secret(std::string_view variable) {
  std::string name(variable);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (name == "PWD" || name == "OLDPWD") return false;  // the shell's folders
  if (name.starts_with("AWS_")) return name != "AWS_PROFILE" && name != "AWS_REGION" && name != "AWS_DEFAULT_REGION";
  std::string_view rest = name;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('_'), rest.size());
    if (is_secret_word(rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

bool has_login(std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme == std::string_view::npos) return false;
  const auto host = address.substr(scheme + 3);
  return host.substr(0, host.find_first_of("/?#")).find('@') != std::string_view::npos;
}

}  // namespace etl::config
