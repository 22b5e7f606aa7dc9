#include "flat/shown_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "flat/cursor_values.hpp"

namespace etl::flat {
namespace {

using fhir::Cursor;

struct Amount {
  std::string_view value, unit, comparator;
};

Amount amount_at(Cursor& cursor) {
  Amount out;
  each_member(cursor, [&](std::string_view name) {
    if (name == "value") {
      out.value = number_at(cursor);
    } else if (name == "unit") {
      out.unit = string_at(cursor);
    } else if (name == "comparator") {
      out.comparator = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return out;
}

/// `<5 mg`; nothing where there is no number.
void append_amount(std::string& out, const Amount& amount, bool with_unit = true) {
  if (amount.value.empty()) return;
  out.append(amount.comparator).append(shown_number(amount.value));
  if (with_unit && !amount.unit.empty()) out.append(1, ' ').append(amount.unit);
}

std::string range_at(Cursor& cursor) {
  Amount low;
  Amount high;
  each_member(cursor, [&](std::string_view name) {
    if (name == "low") {
      low = amount_at(cursor);
    } else if (name == "high") {
      high = amount_at(cursor);
    } else {
      cursor.skip();
    }
  });
  std::string out;
  if (low.value.empty() || high.value.empty()) return out;
  out.append(shown_number(low.value)).append(" - ").append(shown_number(high.value));
  if (!low.unit.empty()) out.append(1, ' ').append(low.unit);
  return out;
}

std::string ratio_at(Cursor& cursor) {
  Amount numerator;
  Amount denominator;
  each_member(cursor, [&](std::string_view name) {
    if (name == "numerator") {
      numerator = amount_at(cursor);
    } else if (name == "denominator") {
      denominator = amount_at(cursor);
    } else {
      cursor.skip();
    }
  });
  std::string out;
  if (numerator.value.empty() || denominator.value.empty()) return out;
  append_amount(out, numerator);
  out += '/';
  append_amount(out, denominator);
  return out;
}

/// Two texts with ` to ` between them, or nothing.
std::string period_at(Cursor& cursor) {
  std::string_view start;
  std::string_view end;
  each_member(cursor, [&](std::string_view name) {
    if (name == "start") {
      start = string_at(cursor);
    } else if (name == "end") {
      end = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  if (start.empty() || end.empty()) return {};
  return std::string(start).append(" to ").append(end);
}

/// A Coding's display, else its code.
std::string_view coding_at(Cursor& cursor) {
  std::string_view code;
  std::string_view display;
  each_member(cursor, [&](std::string_view name) {
    if (name == "code") {
      code = string_at(cursor);
    } else if (name == "display") {
      display = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return display.empty() ? code : display;
}

/// What is shown of all codings, joined by blanks; the text of a concept without any.
std::string concept_at(Cursor& cursor) {
  std::string out;
  std::string_view text;
  each_member(cursor, [&](std::string_view name) {
    if (name == "coding") {
      each_item(cursor, [&] {
        const std::string_view shown = coding_at(cursor);
        if (shown.empty()) return;
        if (!out.empty()) out += ' ';
        out.append(shown);
      });
    } else if (name == "text") {
      text = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return out.empty() ? std::string(text) : out;
}

std::string_view member_at(Cursor& cursor, std::string_view wanted) {
  std::string_view out;
  each_member(cursor, [&](std::string_view name) {
    if (name == wanted) {
      out = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return out;
}

std::string primitive_at(Cursor& cursor, std::string_view kind) {
  if (cursor.peek() == '{' || cursor.peek() == '[') {
    cursor.skip();
    return {};
  }
  if (cursor.peek() == '"') return std::string(cursor.string());
  const std::string_view token = cursor.scalar();
  if (token == "null") return {};
  if (token == "true" || token == "false") return token == "true" ? "True" : "False";
  return kind == "Decimal" ? shown_number(token) : std::string(token);
}

bool is_one_of(std::string_view kind, std::initializer_list<std::string_view> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

}  // namespace

std::string shown_number(std::string_view number) {
  if (number.find_first_of(".eE") == std::string_view::npos) return std::string(number);
  double value = 0;
  const char* const end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value).ec != std::errc{} || !std::isfinite(value)) return std::string(number);
  std::array<char, 64> text{};
  // The fewest digits that give the same number; a fixed form for exponents from -4 to 15, as Python chooses.
  const auto scientific = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  const std::string_view shortest(text.data(), static_cast<std::size_t>(scientific.ptr - text.data()));
  const std::size_t e = shortest.find('e');
  int exponent = 0;
  const std::size_t digits = e + (shortest[e + 1] == '+' ? 2 : 1);
  std::from_chars(shortest.data() + digits, shortest.data() + shortest.size(), exponent);
  if (exponent < -4 || exponent >= 16) return std::string(shortest);
  std::array<char, 64> fixed{};
  const auto written = std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed);
  std::string out(fixed.data(), written.ptr);
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

bool shown_value(Cursor& cursor, std::string_view kind, std::string& out) {
  std::string text;
  if (is_one_of(kind, {"Quantity", "Age", "Duration", "Distance"})) {
    append_amount(text, amount_at(cursor));
  } else if (kind == "CodeableConcept") {
    text = concept_at(cursor);
  } else if (kind == "Coding") {
    text = coding_at(cursor);
  } else if (kind == "Range") {
    text = range_at(cursor);
  } else if (kind == "Ratio") {
    text = ratio_at(cursor);
  } else if (kind == "SampledData") {
    text = member_at(cursor, "data");
  } else if (kind == "Period") {
    text = period_at(cursor);
  } else if (kind == "Count") {
    const Amount amount = amount_at(cursor);
    if (amount.value.empty()) return false;
    out.assign(amount.value);  // a number
    return true;
  } else {
    text = primitive_at(cursor, kind);
  }
  if (text.empty()) return false;
  out.assign(1, '"').append(text).append(1, '"');
  return true;
}

}  // namespace etl::flat
