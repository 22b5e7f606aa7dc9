#include "stand_in/node_ids.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace etl::stand_in {
namespace {

using Uuid = std::array<std::uint8_t, 16>;

constexpr Uuid program_namespace{0x85, 0xb0, 0x8c, 0x6a, 0x56, 0xa6, 0x44, 0x74,
                                 0x9c, 0x30, 0xb6, 0x5a, 0xbf, 0xd2, 0x14, 0xa8};
constexpr Uuid project_namespace{0x24, 0x9b, 0x44, 0x05, 0x2c, 0x69, 0x45, 0xd9,
                                 0x96, 0xbc, 0x74, 0x10, 0x33, 0x3d, 0x5d, 0x80};

std::string uuid_of_name(const Uuid& space, const std::string& name) {
  std::string hashed(space.begin(), space.end());
  hashed += name;
  std::array<unsigned char, EVP_MAX_MD_SIZE> sha1{};
  EVP_Digest(hashed.data(), hashed.size(), sha1.data(), nullptr, EVP_sha1(), nullptr);
  sha1[6] = static_cast<unsigned char>((sha1[6] & 0x0fU) | 0x50U);  // version 5
  sha1[8] = static_cast<unsigned char>((sha1[8] & 0x3fU) | 0x80U);  // the variant of RFC 4122
  std::string text;
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", sha1[i]);
  }
  return text;
}

}  // namespace

std::string program_node_id(const std::string& name) { return uuid_of_name(program_namespace, name); }
std::string project_node_id(const std::string& code) { return uuid_of_name(project_namespace, code); }

}  // namespace etl::stand_in
