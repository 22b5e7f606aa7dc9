#include "cli/print.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/closed_pipe.hpp"
#include "base/errno_text.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace etl::cli {
namespace {

using Json = nlohmann::ordered_json;

void check(bool ok) {
  if (ok) return;
  const int error = errno;
  // What is still in the buffer would fail again at exit, in silence.
  std::clearerr(stdout);
  if (error == EPIPE) throw ClosedPipeError();
  throw UnavailableError("cannot write the result: " + errno_text(error), "standard output",
                         "check the disk that it goes to, then run again");
}

/// Whether YAML would take the bare text for something else than this text.
bool needs_quotes(const std::string& text) {
  if (text.empty()) return true;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/' || c == '.';
  });
  const char first = text.front();
  if (!plain || (first >= '0' && first <= '9') || first == '-' || first == '.') return true;
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array words{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  return std::find(words.begin(), words.end(), lower) != words.end();
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

}  // namespace

void write_out(std::string_view text) { write_content(secrets::redact(text)); }

void write_content(std::string_view bytes) {
  check(std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size());
  flush_out();
}

void flush_out() { check(std::fflush(stdout) == 0 && std::ferror(stdout) == 0); }

Column number(std::string name) {
  Column column(std::move(name));
  column.numeric = true;
  return column;
}

void Table::row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) {
    throw FaultError(fmt::format("a row of {} cells in a table of {} columns", cells.size(), columns_.size()));
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text(Output output) const {
  if (output == Output::json) return json_text(json());
  if (output == Output::yaml) return yaml(json());
  return aligned();
}

std::string Table::aligned() const {
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
  std::string out;
  for (const auto& row : all) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].numeric ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

Json Table::json() const {
  Json rows = Json::array();
  for (const auto& row : rows_) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!columns_[i].numeric) {
        object[columns_[i].name] = row[i];
        continue;
      }
      const Json value = Json::parse(row[i], nullptr, false);
      object[columns_[i].name] = value.is_number() ? value : Json(nullptr);
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

std::string result_text(Output output, const Json& result) {
  if (output == Output::json) return json_text(result);
  if (output == Output::yaml) return yaml(result);
  std::string out;
  lines(result, 0, out);
  return out;
}

}  // namespace etl::cli
