#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/buffer.hpp"

// Rows in the binary format of COPY (PostgreSQL's manual, "COPY", Binary Format): unlike text it needs no escapes.

namespace etl::graph {

inline void append_int16(Buffer& to, std::uint16_t value) {
  to.append(static_cast<char>(value >> 8));
  to.append(static_cast<char>(value & 0xFF));
}

inline void put_int32(char* at, std::uint32_t value) {
  for (int byte = 3; byte >= 0; --byte, value >>= 8U) at[byte] = static_cast<char>(value & 0xFF);
}

inline void append_int32(Buffer& to, std::uint32_t value) {
  to.resize(to.size() + 4);
  put_int32(to.data() + to.size() - 4, value);
}

inline void append_text(Buffer& to, std::string_view text) {
  append_int32(to, static_cast<std::uint32_t>(text.size()));
  to.append(text);
}

/// An int of PostgreSQL's, as a value.
inline void append_number(Buffer& to, std::size_t number) {
  append_int32(to, 4);
  append_int32(to, static_cast<std::uint32_t>(number));
}

/// The record's object, and its project put in at the end.
inline void append_with_project(Buffer& to, std::string_view object, std::string_view project_member) {
  const std::string_view head = object.substr(0, object.size() - 1);
  to.append(head);
  if (head.find_first_not_of(" \t\r\n", 1) != std::string_view::npos) to.append(',');
  to.append(project_member);
  to.append('}');
}

/// A bigint of PostgreSQL's, as a value.
inline void append_large_number(Buffer& to, std::uint64_t number) {
  append_int32(to, 8);
  append_int32(to, static_cast<std::uint32_t>(number >> 32U));
  append_int32(to, static_cast<std::uint32_t>(number));
}

/// (number int, node_id text, place bigint, props jsonb)
inline void append_node(Buffer& to, std::size_t number, std::string_view id, std::uint64_t place,
                        std::string_view object, std::string_view project_member) {
  append_int16(to, 4);
  append_number(to, number);
  append_text(to, id);
  append_large_number(to, place);
  append_int32(to, 0);
  const std::size_t begin = to.size();
  to.append('\1');  // the version of jsonb's binary form
  append_with_project(to, object, project_member);
  put_int32(to.data() + begin - 4, static_cast<std::uint32_t>(to.size() - begin));
}

/// (number int, node_id text)
inline void append_id(Buffer& to, std::size_t number, std::string_view id) {
  append_int16(to, 2);
  append_number(to, number);
  append_text(to, id);
}

/// (number int, src_id text, dst_id text)
inline void append_edge(Buffer& to, std::size_t number, std::string_view src, std::string_view dst) {
  append_int16(to, 3);
  append_number(to, number);
  append_text(to, src);
  append_text(to, dst);
}

/// Takes an integer of so many bytes off. What is not there counts as nothing.
inline std::size_t take_int(std::string_view& from, std::size_t bytes) {
  std::size_t value = 0;
  for (const char c : from.substr(0, bytes)) value = value << 8U | static_cast<unsigned char>(c);
  from.remove_prefix(std::min(bytes, from.size()));
  return value;
}

/// Takes a value off, its length before it. None of ours is NULL.
inline std::string_view take_value(std::string_view& from) {
  const std::size_t size = std::min(take_int(from, 4), from.size());
  const std::string_view value = from.substr(0, size);
  from.remove_prefix(size);
  return value;
}

/// Takes the first of these rows off, and answers its second value: the id.
inline std::string_view take_row(std::string_view& rows) {
  std::string_view id;
  const std::size_t columns = take_int(rows, 2);
  for (std::size_t column = 0; column < columns; ++column) {
    const std::string_view value = take_value(rows);
    if (column == 1) id = value;
  }
  return id;
}

[[nodiscard]] inline std::size_t count_rows(std::string_view rows) {
  std::size_t count = 0;
  for (; !rows.empty(); ++count) take_row(rows);
  return count;
}

/// The id of the row of this position, from 1; empty when there is none.
[[nodiscard]] inline std::string_view id_of_row(std::string_view rows, std::size_t position) {
  std::string_view id;
  for (; position > 0 && !rows.empty(); --position) id = take_row(rows);
  return position == 0 ? id : std::string_view{};
}

inline constexpr std::string_view copy_header{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
inline constexpr std::string_view copy_trailer{"\xff\xff", 2};

}  // namespace etl::graph
