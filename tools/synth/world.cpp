#include "world.hpp"

#include <charconv>
#include <cstddef>

namespace etl::synth {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";
constexpr std::uint64_t id_salt = 1;
constexpr std::uint64_t entry_salt = 2;

}  // namespace

void append_uuid(std::string& out, Random random) {
  std::uint64_t words[2] = {random.next(), random.next()};
  words[0] = (words[0] & ~std::uint64_t{0xF000}) | 0x4000;                             // version 4
  words[1] = (words[1] & ~(std::uint64_t{0xC} << 60U)) | (std::uint64_t{0x8} << 60U);  // variant 10
  char text[36];
  std::size_t at = 0;
  for (std::size_t nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) {
      text[at++] = '-';
    }
    text[at++] = hex_digits[(words[nibble / 16] >> (60U - 4U * (nibble % 16))) & 0xFU];
  }
  out.append(text, sizeof text);
}

void append_hex(std::string& out, std::uint64_t word) {
  for (unsigned shift = 64; shift != 0;) {
    shift -= 4;
    out.push_back(hex_digits[(word >> shift) & 0xFU]);
  }
}

void append_number(std::string& out, std::uint64_t number) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

void append_digits(std::string& out, std::uint64_t number, int digits) {
  const std::size_t start = out.size();
  out.append(static_cast<std::size_t>(digits), '0');
  for (std::size_t at = start + static_cast<std::size_t>(digits); at != start; number /= 10) {
    out[--at] = static_cast<char>('0' + number % 10);
  }
}

void World::append_id(std::string& out, Type type, std::uint64_t index) const {
  out += id_prefix;
  append_uuid(out, random(type, index, id_salt));
}

void World::append_entry_uuid(std::string& out, Type type, std::uint64_t index) const {
  append_uuid(out, random(type, index, index % 2 == 0 ? id_salt : entry_salt));
}

}  // namespace etl::synth
