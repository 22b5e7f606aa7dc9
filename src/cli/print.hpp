#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"

/// Results, on stdout. Everything else is a message and goes to stderr (base/log.hpp).
namespace etl::cli {

/// Writes text to stdout, with `***` in place of secrets (base/secrets.hpp); UnavailableError when the reader has gone
/// or the disk is full.
void write_out(std::string_view text);
/// Writes bytes that the user asked for, an object's content, exactly as they are; the same error.
void write_content(std::string_view bytes);
/// Flushes stdout; the same error. main() calls it once at the end.
void flush_out();

/// A column of text, or, made by number(), of numbers: right-aligned, and numbers in JSON and YAML.
struct Column {
  std::string name;
  bool numeric = false;
  Column(const char* text) : name(text) {}             // NOLINT(google-explicit-constructor)
  Column(std::string text) : name(std::move(text)) {}  // NOLINT(google-explicit-constructor)
};
[[nodiscard]] Column number(std::string name);

/// Rows under named columns: `Table t({"table", number("rows")}); t.row({"node_patient", "12"}); t.print(context);`
/// Printed as aligned columns under a header in capitals, a JSON array of objects, or a YAML list. An empty
/// numeric cell is null.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text(Output output) const;
  void print(const Context& context) const { write_out(text(context.output)); }

 private:
  [[nodiscard]] std::string aligned() const;
  [[nodiscard]] nlohmann::ordered_json json() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// One structured result: `key: value` lines (nested ones indented) for people, or JSON, or YAML.
[[nodiscard]] std::string result_text(Output output, const nlohmann::ordered_json& result);
inline void print_result(const Context& context, const nlohmann::ordered_json& result) {
  write_out(result_text(context.output, result));
}

}  // namespace etl::cli
