#include "base/uuid.hpp"

#include <uuid/uuid.h>

#include <array>

#include "base/error.hpp"

namespace etl {
namespace {

using Generate = void (*)(uuid_t, const uuid_t, const char*, size_t);

std::string generate(Generate make, std::string_view name_space, std::string_view name) {
  uuid_t space;
  if (uuid_parse(std::string(name_space).c_str(), space) != 0) {
    throw InternalError("not a UUID: '" + std::string(name_space) + "'");
  }
  uuid_t made;
  make(made, space, name.data(), name.size());
  std::array<char, UUID_STR_LEN> text{};
  uuid_unparse_lower(made, text.data());
  return text.data();
}

}  // namespace

std::string uuid5(std::string_view name_space, std::string_view name) {
  return generate(uuid_generate_sha1, name_space, name);
}

std::string uuid3(std::string_view name_space, std::string_view name) {
  return generate(uuid_generate_md5, name_space, name);
}

std::string random_uuid() {
  uuid_t bytes;
  uuid_generate_random(bytes);
  std::array<char, UUID_STR_LEN> text{};
  uuid_unparse_lower(bytes, text.data());
  return {text.data()};
}

}  // namespace etl
