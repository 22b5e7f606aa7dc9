#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX
struct evp_md_st;      // OpenSSL's EVP_MD

namespace etl {

/// A digest of bytes that come in pieces; one of the kinds below.
class Digest {
 public:
  void add(std::string_view bytes);
  /// In hexadecimal digits, lower case; nothing can be added then.
  [[nodiscard]] std::string hex();
  /// The first bytes of it, as many as `to` takes; what is added then begins another digest.
  void take(std::span<char> to);

 protected:
  explicit Digest(const evp_md_st* kind);

 private:
  static constexpr std::size_t most = 64;  ///< bytes of a digest (EVP_MAX_MD_SIZE)
  [[nodiscard]] std::size_t finish(std::array<char, most>& digest);

  struct Deleter {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> context_;
};

/// 32 digits: what indexd and S3 tell files by, and Gen3's libraries name tables after.
class Md5 : public Digest {
 public:
  Md5();
};

/// 64 digits.
class Sha256 : public Digest {
 public:
  Sha256();
};

[[nodiscard]] std::string md5_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// Of a file on disk. InputError when it cannot be read, StoppedError when `stop` is requested.
[[nodiscard]] std::string md5_of_file(const std::filesystem::path& path, const std::stop_token& stop);

/// Is it an md5 as Md5::hex() writes it: 32 hexadecimal digits in lower case?
[[nodiscard]] bool is_md5_hex(std::string_view text);

/// Two digits a byte, lower case.
[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace etl
