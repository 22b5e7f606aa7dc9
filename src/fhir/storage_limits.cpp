#include "fhir/storage_limits.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "base/ascii.hpp"
#include "fhir/json_text.hpp"
#include "fhir/pglz.hpp"

namespace etl::fhir {
namespace {

std::size_t aligned(std::size_t offset) { return (offset + 3) & ~std::size_t{3}; }

/// The size of the text that a raw JSON string stands for.
std::size_t unescaped_size(std::string_view raw) {
  std::size_t size = raw.size();
  for (std::size_t at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', at)) {
    if (raw[at + 1] != 'u') {
      size -= 1;
      at += 2;
      continue;
    }
    const char first = raw[at + 2];
    const char second = raw[at + 3];
    if ((first == 'd' || first == 'D') && second >= '8') {  // a pair of surrogates
      size -= 12 - 4;
      at += 12;
      continue;
    }
    const bool below_1000 = first == '0';
    const bool below_0100 = below_1000 && second == '0';
    if (below_0100 && raw[at + 4] < '8') {
      size -= 6 - 1;
    } else if (below_1000 && second < '8') {
      size -= 6 - 2;
    } else {
      size -= 6 - 3;
    }
    at += 6;
  }
  return size;
}

/// Goes through a valid JSON text once.
class JsonbMeasure {
 public:
  explicit JsonbMeasure(std::string_view text) : text_(text) {}

  JsonbSize root() {
    JsonbSize found;
    blank();
    found.bytes = object(&found.largest).bytes;
    found.elements = most_elements_;
    found.members = most_members_;
    return found;
  }

 private:
  /// Numbers and containers begin at a multiple of four bytes; what is in a container does not depend on where it is.
  struct Value {
    std::size_t bytes;
    bool aligns;
  };
  struct Member {
    std::string_view name;
    std::string_view raw_name;
    Value value;
  };

  static std::size_t behind(std::size_t offset, const Value& value) {
    return (value.aligns ? aligned(offset) : offset) + value.bytes;
  }

  void blank() {
    while (at_ < text_.size() && is_ascii_space(text_[at_])) ++at_;
  }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void step() {
    ++at_;
    blank();
  }

  std::string_view string() {
    const std::size_t begin = at_ + 1;
    std::size_t end = begin;
    for (;;) {
      end = std::min(text_.find_first_of("\"\\", end), text_.size());
      if (end == text_.size() || text_[end] == '"') break;
      end += 2;
    }
    at_ = end;
    step();
    return text_.substr(begin, end - begin);
  }

  Value value() {
    switch (here()) {
      case '"':
        return {unescaped_size(string()), false};
      case '{':
        return object(nullptr);
      case '[':
        return array();
      default:
        break;
    }
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
    const std::string_view token = text_.substr(begin, at_ - begin);
    blank();
    const bool number = !token.empty() && (token[0] == '-' || is_ascii_digit(token[0]));
    return number ? Value{numeric_size(token), true} : Value{0, false};
  }

  Value array() {
    std::size_t count = 0;
    std::size_t bytes = 0;
    step();
    while (here() != ']' && here() != '\0') {
      ++count;
      bytes = behind(bytes, value());
      if (here() == ',') step();
    }
    step();
    most_elements_ = std::max(most_elements_, count);
    return {4 + 4 * count + bytes, true};
  }

  Value object(std::string_view* largest) {
    std::vector<Member> members;
    step();
    while (here() == '"') {
      const std::string_view raw = string();
      std::string_view name = raw;
      if (raw.find('\\') != std::string_view::npos) {
        names_.emplace_back();
        unescape(raw, names_.back());
        name = names_.back();
      }
      step();  // the colon
      members.push_back({name, raw, value()});
      if (here() == ',') step();
    }
    step();
    most_members_ = std::max(most_members_, members.size());
    if (largest != nullptr && !members.empty()) {
      const auto bytes = [](const Member& member) { return member.value.bytes; };
      *largest = std::ranges::max_element(members, {}, bytes)->raw_name;
    }
    // jsonb sorts names by their length first; of members of one name the last one counts.
    std::ranges::stable_sort(members, [](const Member& a, const Member& b) {
      return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    });
    const auto counts = [&](std::size_t i) {
      return i + 1 == members.size() || members[i].name != members[i + 1].name;
    };
    std::size_t bytes = 4;
    for (std::size_t i = 0; i < members.size(); ++i) bytes += counts(i) ? 8 + members[i].name.size() : 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (counts(i)) bytes = behind(bytes, members[i].value);
    }
    return {bytes, true};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t most_elements_ = 0;
  std::size_t most_members_ = 0;
  std::deque<std::string> names_;  ///< those that are written with escapes
};

}  // namespace

JsonbSize jsonb_size(std::string_view object) { return JsonbMeasure(object).root(); }

void IndexRow::add(std::string_view text) {
  constexpr std::size_t longest_short = 126;    // a value up to this has a length of one byte
  constexpr std::size_t compresses_from = 507;  // TOAST_INDEX_TARGET, with the four bytes of the length
  if (text.size() <= longest_short) {
    data_ += 1 + text.size();
    return;
  }
  std::size_t size = 4 + text.size();
  if (text.size() >= compresses_from) {
    const auto compressed = pglz_size(text);
    if (compressed && 8 + *compressed < text.size() - 2) size = 8 + *compressed;
  }
  data_ = aligned(data_) + size;
}

std::size_t numeric_size(std::string_view number) noexcept {
  if (number.starts_with('-')) number.remove_prefix(1);
  const std::size_t e = number.find_first_of("eE");
  long long exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = number.substr(e + 1);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), 1'000'000'000LL);
    if (negative) exponent = -exponent;
  }
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const auto fraction = static_cast<long long>(point < mantissa.size() ? mantissa.size() - point - 1 : 0);
  const long long scale = std::max(0LL, fraction - exponent);
  // The power of ten of a digit, and the group of four digits that it belongs to.
  const auto group = [&](std::size_t digit) {
    const auto place =
        static_cast<long long>(point) - static_cast<long long>(digit) - (digit < point ? 1 : 0) + exponent;
    return place >= 0 ? place / 4 : -((-place + 3) / 4);
  };
  const std::size_t first = mantissa.find_first_not_of("0.");
  long long weight = 0;
  std::size_t groups = 0;
  if (first != std::string_view::npos) {
    weight = group(first);
    groups = static_cast<std::size_t>(weight - group(mantissa.find_last_not_of("0.")) + 1);
  }
  const bool is_short = scale <= 63 && weight >= -64 && weight <= 63;
  return 4 + (is_short ? 2U : 4U) + 2 * groups;
}

bool fits_numeric(std::string_view number) noexcept {
  constexpr long long most_whole_digits = 131072;
  constexpr long long most_fraction_digits = 16383;
  constexpr long long most_exponent = 0x3FFFFFFF;  // numeric_in refuses INT_MAX / 2, whatever the digits are
  const std::size_t e = number.find_first_of("eE");
  if (e == std::string_view::npos && number.size() <= most_fraction_digits) return true;

  long long exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = number.substr(e + 1);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), most_exponent);
    if (exponent == most_exponent) return false;
    if (negative) exponent = -exponent;
  }
  std::string_view mantissa = number.substr(0, e);
  if (mantissa.starts_with('-')) mantissa.remove_prefix(1);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const auto fraction = static_cast<long long>(point < mantissa.size() ? mantissa.size() - point - 1 : 0);
  if (fraction - exponent > most_fraction_digits) return false;

  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return true;
  // How many digits stand before the decimal point, counted from the first that is not 0; 0 or less: none.
  const auto whole = static_cast<long long>(point) - static_cast<long long>(first) + (first > point ? 1 : 0);
  return whole + exponent <= most_whole_digits;
}

}  // namespace etl::fhir
