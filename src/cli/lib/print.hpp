#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/lib/context.hpp"

/// Results, on stdout. Everything else is a message and goes to stderr (base/log.hpp).
namespace etl::cli {

/// Writes text to stdout, with `***` in place of secrets (base/secrets.hpp); UnavailableError when the reader has gone
/// or the disk is full.
void write_out(std::string_view text);
/// Writes bytes that the user asked for, an object's content, exactly as they are; the same error.
void write_content(std::string_view bytes);
/// Whether something was written to stdout already.
[[nodiscard]] bool has_written() noexcept;
/// Flushes stdout; the same error. main() calls it once at the end.
void flush_out();

/// A column of text, or, made by number(), of numbers: right-aligned, and numbers in JSON and YAML. Made by yes_no(),
/// its cells are `yes` or `no`, which are booleans in JSON and YAML; made by list(), they are lists separated by
/// commas, arrays in JSON and YAML.
struct Column {
  enum class Kind { text, number, yes_no, list };

  std::string name;
  Kind kind = Kind::text;
  Column(const char* text) : name(text) {}             // NOLINT(google-explicit-constructor)
  Column(std::string text) : name(std::move(text)) {}  // NOLINT(google-explicit-constructor)
};
[[nodiscard]] Column number(std::string name);
[[nodiscard]] Column yes_no(std::string name);
[[nodiscard]] Column list(std::string name);

/// Rows under named columns: `Table t({"table", number("rows")}); t.row({"node_patient", "12"}); t.print(context);`
/// Printed as aligned columns under a header in capitals, a JSON array of objects, or a YAML list. An empty numeric
/// cell is null. On a terminal the table is as wide as the terminal at most: long cells are wrapped in their column,
/// and where even that does not fit, every row becomes a block of `NAME  value` lines. JSON and YAML have the whole
/// text, as has a table that goes to a file or a pipe.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text(Output output) const;
  void print(const Context& context) const { write_out(text(context.output)); }

 private:
  [[nodiscard]] std::string fitted(std::size_t columns) const;
  [[nodiscard]] nlohmann::ordered_json json() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A document in JSON or in YAML; never called for a table.
[[nodiscard]] std::string document_text(Output output, const nlohmann::ordered_json& document);

/// One structured result: `key: value` lines (nested ones indented) for people, or JSON, or YAML.
[[nodiscard]] std::string result_text(Output output, const nlohmann::ordered_json& result);
inline void print_result(const Context& context, const nlohmann::ordered_json& result) {
  write_out(result_text(context.output, result));
}

}  // namespace etl::cli
