#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

/// The digests of Signature Version 4 and of S3's headers.
namespace etl::s3 {

[[nodiscard]] std::string to_hex(std::string_view bytes);                               ///< lower case
[[nodiscard]] std::string sha256_hex(std::string_view bytes);                           ///< 64 hexadecimal digits
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);  ///< 32 bytes

/// Of what comes in pieces.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// 64 hexadecimal digits; nothing can be added then.
  [[nodiscard]] std::string hex();

 private:
  struct Deleter {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> context_;
};

}  // namespace etl::s3
