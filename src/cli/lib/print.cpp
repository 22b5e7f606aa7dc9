#include "cli/lib/print.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/ascii.hpp"
#include "base/closed_pipe.hpp"
#include "base/errno_text.hpp"
#include "base/exhausted.hpp"
#include "base/secrets.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"

namespace etl::cli {
namespace {

using Json = nlohmann::ordered_json;

std::atomic<bool> written{false};

/// Between two columns of a table.
constexpr std::size_t kGap = 2;
/// A column of text is not made narrower than this.
constexpr std::size_t kNarrowest = 10;

void check(bool ok) {
  if (ok) return;
  const int error = errno;
  // What is still in the buffer would fail again at exit, in silence.
  std::clearerr(stdout);
  if (error == EPIPE) throw ClosedPipeError();
  refuse_exhausted_stream(error, "standard output");
  throw UnavailableError("cannot write the result: " + errno_text(error), "standard output",
                         "check the disk that the output goes to, then run again");
}

/// Whether YAML would take the bare text for something else than this text.
bool needs_quotes(const std::string& text) {
  if (text.empty()) return true;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alphanumeric(c) || c == '_' || c == '-' || c == '/' || c == '.';
  });
  const char first = text.front();
  if (!plain || is_ascii_digit(first) || first == '-' || first == '.') return true;
  constexpr std::array words{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  return std::find(words.begin(), words.end(), ascii_lower(text)) != words.end();
}

void emit_text(YAML::Emitter& out, const std::string& text) {
  if (needs_quotes(text)) {
    out << YAML::DoubleQuoted << text;
  } else {
    out << text;
  }
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [name, member] : value.items()) {
      out << YAML::Key;
      emit_text(out, name);
      out << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const Json& member : value) emit(out, member);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    emit_text(out, value.get_ref<const std::string&>());
  } else {
    out << value.dump();
  }
}

std::string yaml(const Json& value) {
  YAML::Emitter out;
  emit(out, value);
  return escape_format_characters({out.c_str(), out.size()}) + "\n";
}

/// Bytes that are no UTF-8 (names of files) must not stop a report.
std::string json_text(const Json& value) {
  return escape_format_characters(value.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string scalar(const Json& value) {
  if (value.is_string()) return printable(value.get_ref<const std::string&>());
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

bool is_leaf(const Json& value) { return !value.is_structured() || value.empty(); }

void lines(const Json& value, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    std::size_t widest = 0;
    for (const auto& [name, member] : value.items()) {
      if (is_leaf(member)) widest = std::max(widest, name.size());
    }
    for (const auto& [name, member] : value.items()) {
      if (is_leaf(member)) {
        const std::string text = member.is_structured() ? "-" : scalar(member);
        out += fmt::format("{}{:<{}} {}\n", margin, printable(name) + ":", widest + 1, text);
      } else {
        out += fmt::format("{}{}:\n", margin, printable(name));
        lines(member, indent + 2, out);
      }
    }
  } else if (value.is_array()) {
    for (const Json& member : value) {
      if (member.is_structured()) {
        std::string block;
        lines(member, indent + 2, block);
        if (!block.empty()) block[indent] = '-';
        out += block;
      } else {
        out += fmt::format("{}- {}\n", margin, scalar(member));
      }
    }
  } else {
    out += fmt::format("{}{}\n", margin, scalar(value));
  }
}

std::string capitals(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

/// Breaks text into lines of at most `width` characters, at blanks where there are any. UTF-8 stays whole.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t used = 0;
  const auto end_line = [&] {
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::exchange(line, {}));
    used = 0;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t wide = width_of(word);
    if (used > 0 && used + 1 + wide > width) end_line();
    if (used > 0) {
      line += ' ';
      ++used;
    }
    if (wide <= width) {
      line += word;
      used += wide;
    } else {  // a path or an address that is longer than its column
      for (std::size_t i = 0; i < word.size();) {
        std::size_t next = i + 1;
        while (next < word.size() && (static_cast<unsigned char>(word[next]) & 0xC0U) == 0x80U) ++next;
        if (used >= width) end_line();
        line.append(word, i, next - i);
        ++used;
        i = next;
      }
    }
    at = end + 1;
  }
  if (used > 0 || lines.empty()) end_line();
  return lines;
}

/// Makes columns of text narrower, the widest first, until the table is `wanted` wide. False when it cannot be.
bool narrow(const std::vector<Column>& columns, const std::vector<std::string>& head, std::size_t wanted,
            std::vector<std::size_t>& widths) {
  const auto least = [&](std::size_t i) {
    return columns[i].kind == Column::Kind::number ? widths[i] : std::max(kNarrowest, width_of(head[i]));
  };
  std::size_t whole = kGap * (widths.empty() ? 0 : widths.size() - 1);
  for (const std::size_t width : widths) whole += width;
  while (whole > wanted) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] > least(i) && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == widths.size()) return false;
    --widths[widest];
    --whole;
  }
  return true;
}

/// A row of the table: as many lines as its longest cell needs.
std::string row_text(const std::vector<Column>& columns, const std::vector<std::string>& row,
                     const std::vector<std::size_t>& widths) {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    cells.push_back(width_of(row[i]) <= widths[i] ? std::vector{row[i]} : wrapped(row[i], widths[i]));
    height = std::max(height, cells.back().size());
  }
  std::string out;
  for (std::size_t k = 0; k < height; ++k) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = k < cells[i].size() ? cells[i][k] : std::string();
      const std::string padding(widths[i] - width_of(cell), ' ');
      if (i > 0) line += std::string(kGap, ' ');
      line += columns[i].kind == Column::Kind::number ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

/// The rows of a table that is too wide for the terminal: a block of `NAME  value` lines for each, without its empty
/// cells. all[0] is the head.
std::string blocks(const std::vector<std::vector<std::string>>& all, std::size_t columns) {
  std::size_t left = 0;
  for (const std::string& name : all[0]) left = std::max(left, width_of(name));
  const std::size_t right = columns > left + kGap + kNarrowest ? columns - left - kGap : kNarrowest;
  std::string out;
  for (std::size_t r = 1; r < all.size(); ++r) {
    if (r > 1) out += '\n';
    for (std::size_t i = 0; i < all[r].size(); ++i) {
      if (all[r][i].empty()) continue;
      std::string name = all[0][i];
      for (const std::string& piece : wrapped(all[r][i], right)) {
        std::string line = name + std::string(left + kGap - width_of(name), ' ') + piece;
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
        name.clear();
      }
    }
  }
  return out;
}

}  // namespace

void write_out(std::string_view text) { write_content(secrets::redact(text)); }

bool has_written() noexcept { return written; }

void write_content(std::string_view bytes) {
  if (!bytes.empty()) written = true;
  check(std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size());
  flush_out();
}

void flush_out() { check(std::fflush(stdout) == 0 && std::ferror(stdout) == 0); }

Column number(std::string name) {
  Column column(std::move(name));
  column.kind = Column::Kind::number;
  return column;
}

Column yes_no(std::string name) {
  Column column(std::move(name));
  column.kind = Column::Kind::yes_no;
  return column;
}

Column list(std::string name) {
  Column column(std::move(name));
  column.kind = Column::Kind::list;
  return column;
}

void Table::row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) {
    throw InternalError(fmt::format("a row of {} cells in a table of {} columns", cells.size(), columns_.size()));
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text(Output output) const {
  if (output != Output::table) return document_text(output, json());
  return fitted(terminal::stdout_is_terminal() ? terminal::columns() : 0);
}

/// The table, at most `columns` wide where that can be done; 0 is without limit.
std::string Table::fitted(std::size_t columns) const {
  std::vector<std::vector<std::string>> all(1);
  for (const Column& column : columns_) all[0].push_back(capitals(column.name));
  for (const auto& row : rows_) {
    auto& cells = all.emplace_back();
    for (const std::string& cell : row) {
      cells.push_back(printable(cell));
      // A cell is one line, or the table is none.
      std::replace_if(
          cells.back().begin(), cells.back().end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    }
  }
  std::vector<std::size_t> widths(columns_.size());
  for (const auto& row : all) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  if (columns > 0 && !narrow(columns_, all[0], columns, widths)) return blocks(all, columns);
  std::string out;
  for (const auto& row : all) out += row_text(columns_, row, widths);
  return out;
}

Json Table::json() const {
  const auto value_of = [](const Column& column, const std::string& cell) -> Json {
    switch (column.kind) {
      case Column::Kind::text:
        break;
      case Column::Kind::number: {
        const Json value = Json::parse(cell, nullptr, false);
        return value.is_number() ? value : Json(nullptr);
      }
      case Column::Kind::yes_no:
        return cell == "yes" ? Json(true) : cell == "no" ? Json(false) : Json(nullptr);
      case Column::Kind::list: {
        Json items = Json::array();
        for (std::size_t at = 0; at < cell.size();) {
          const std::size_t end = std::min(cell.find(',', at), cell.size());
          items.push_back(cell.substr(at, end - at));
          at = end + 1;
        }
        return items;
      }
    }
    return cell;
  };
  Json rows = Json::array();
  for (const auto& row : rows_) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) object[columns_[i].name] = value_of(columns_[i], row[i]);
    rows.push_back(std::move(object));
  }
  return rows;
}

std::string document_text(Output output, const Json& document) {
  return output == Output::yaml ? yaml(document) : json_text(document);
}

std::string result_text(Output output, const Json& result) {
  if (output != Output::table) return document_text(output, result);
  std::string out;
  lines(result, 0, out);
  return out;
}

}  // namespace etl::cli
