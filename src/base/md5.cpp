#include "base/md5.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/error.hpp"

namespace etl {

Md5::Md5() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_md5(), nullptr) != 1) {
    throw FaultError("OpenSSL has no MD5", {}, "is it in FIPS mode? Gen3's file index needs MD5");
  }
}

void Md5::Deleter::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

void Md5::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw FaultError("MD5 fails");
}

std::string Md5::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), &length) != 1) throw FaultError("MD5 fails");
  std::string out;
  for (unsigned i = 0; i < length; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

std::string md5_hex(std::string_view bytes) {
  Md5 digest;
  digest.add(bytes);
  return digest.hex();
}

}  // namespace etl
