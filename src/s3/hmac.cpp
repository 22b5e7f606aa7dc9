#include "s3/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <climits>

#include "base/error.hpp"

namespace etl::s3 {

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (key.size() > INT_MAX || HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, message.size(),
                                   digest.data(), &length) == nullptr) {
    throw InternalError("OpenSSL has no HMAC-SHA-256");
  }
  return {digest.begin(), digest.begin() + length};
}

}  // namespace etl::s3
