#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace etl {

/// The MD5 of bytes that come in pieces: what indexd and S3 tell files by.
class Md5 {
 public:
  Md5();
  void add(std::string_view bytes);
  /// 32 hexadecimal digits, lower case; nothing can be added then.
  [[nodiscard]] std::string hex();

 private:
  struct Deleter {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> context_;
};

[[nodiscard]] std::string md5_hex(std::string_view bytes);

}  // namespace etl
