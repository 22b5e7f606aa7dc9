#include "base/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl {

Digest::Digest(const evp_md_st* kind) : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), kind, nullptr) != 1) {
    throw InternalError(
        "OpenSSL refuses to compute a digest (MD5, SHA-256)", "libcrypto",
        "Gen3 names tables and identifies files by MD5: run with an OpenSSL configuration that allows it");
  }
}

void Digest::Deleter::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

void Digest::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw InternalError("a digest fails");
}

std::size_t Digest::finish(std::array<char, most>& digest) {
  static_assert(most >= EVP_MAX_MD_SIZE);
  unsigned length = 0;
  auto* const to =
      reinterpret_cast<unsigned char*>(digest.data());  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  if (EVP_DigestFinal_ex(context_.get(), to, &length) != 1) throw InternalError("a digest fails");
  return length;
}

std::string Digest::hex() {
  std::array<char, most> digest{};
  const std::size_t length = finish(digest);
  return to_hex({digest.data(), length});
}

void Digest::take(std::span<char> to) {
  std::array<char, most> digest{};
  const std::size_t length = finish(digest);
  std::copy_n(digest.begin(), std::min(length, to.size()), to.begin());
  // Without a kind the one it has is used again; to look for it by name takes longer than a short digest.
  if (EVP_DigestInit_ex(context_.get(), nullptr, nullptr) != 1) throw InternalError("a digest fails");
}

Md5::Md5() : Digest(EVP_md5()) {}

Sha256::Sha256() : Digest(EVP_sha256()) {}

std::string md5_hex(std::string_view bytes) {
  Md5 digest;
  digest.add(bytes);
  return digest.hex();
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

std::string md5_of_file(const std::filesystem::path& path, const std::stop_token& stop) {
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const auto fail = [&] {
    refuse_if_exhausted(errno, path);
    throw InputError("the file cannot be read: " + errno_text(errno), path.string());
  };
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rbe"));
  if (!file) fail();
  std::vector<char> piece(std::size_t{1} << 20U);
  Md5 digest;
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) {
    if (stop.stop_requested()) throw StoppedError();
    digest.add({piece.data(), got});
  }
  if (std::ferror(file.get()) != 0) fail();
  return digest.hex();
}

bool is_md5_hex(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  result.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    result += digits[byte >> 4U];
    result += digits[byte & 15U];
  }
  return result;
}

}  // namespace etl
