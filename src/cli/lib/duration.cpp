#include "cli/lib/duration.hpp"

#include <charconv>
#include <optional>

namespace etl::cli {
namespace {

std::optional<std::chrono::seconds> parse(const std::string& text) {
  constexpr std::int64_t most = 366 * 24 * 3600;
  std::int64_t amount = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, amount);
  if (error != std::errc() || end + 1 != last || amount < 1 || amount > most) return std::nullopt;
  const std::int64_t unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 0;
  if (unit == 0 || amount > most / unit) return std::nullopt;
  return std::chrono::seconds(amount * unit);
}

}  // namespace

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::seconds& value,
                          const std::string& help) {
  return app
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = parse(text).value_or(value); }, help)
      ->type_name("TIME")
      ->check([](const std::string& text) {
        return parse(text) ? std::string() : "not a duration such as 90s, 30m, 6h or 1d: " + text;
      });
}

}  // namespace etl::cli
