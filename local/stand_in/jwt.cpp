#include "stand_in/jwt.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <array>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::stand_in {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
  std::string text;
  unsigned buffer = 0;
  int bits = 0;
  for (const char byte : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[(buffer >> static_cast<unsigned>(bits - 6)) & 63U];
  }
  if (bits > 0) text += kAlphabet[(buffer << static_cast<unsigned>(6 - bits)) & 63U];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  unsigned buffer = 0;
  int bits = 0;
  for (const char letter : text) {
    const auto value = kAlphabet.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = (buffer << 6U) | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 255U);
    }
  }
  return bytes;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string new_pem() {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!key || !bio || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw InternalError("OpenSSL could not make a key");
  }
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

/// With its mode from the first byte on, and whole: another program may want it at this moment.
void write_secret(const std::filesystem::path& path, const std::string& text) {
  const auto temporary = path.string() + "." + std::to_string(::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) ::close(file);
  if (written && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    ::unlink(temporary.c_str());
    throw UsageError("the key cannot be written", path.string());
  }
  ::unlink(temporary.c_str());
  if (!written) throw UsageError("the key cannot be written", path.string(), "is there such a folder, and room?");
}

Json user_claims(const TokenOrder& order, const char* purpose) {
  const auto now = unix_now();
  return {{"pur", purpose},
          {"iss", order.issuer},
          {"sub", order.user_id},
          {"aud", {"openid", "user", "data", "fence", order.issuer}},
          {"iat", now},
          {"exp", now + order.lifetime.count()},
          {"jti", random_uuid()},
          {"azp", ""},
          {"context", {{"user", {{"name", order.user}, {"is_admin", false}}}}}};
}

}  // namespace

SigningKey SigningKey::load(const std::string& home) {
  const auto path = std::filesystem::path(home) / "jwt-key.pem";
  std::filesystem::create_directories(home);
  if (!std::filesystem::exists(path)) write_secret(path, new_pem());
  const auto text = read_file(path);
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  EVP_PKEY* key = bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr;
  if (key == nullptr) throw InputError("no private key in PEM", path.string(), "remove the file: a new one is made");
  return SigningKey(key);
}

std::string SigningKey::sign(const Json& claims) const {
  const Json header = {{"alg", "RS256"}, {"kid", "stand-in"}, {"typ", "JWT"}};
  auto token = base64url(header.dump()) + "." + base64url(claims.dump());
  const Digest context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(token), token.size()) != 1) {
    throw InternalError("OpenSSL could not sign");
  }
  std::vector<unsigned char> signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(token), token.size()) != 1) {
    throw InternalError("OpenSSL could not sign");
  }
  return token + "." + base64url({reinterpret_cast<const char*>(signature.data()), size});
}

SigningKey::Verdict SigningKey::verify(std::string_view token, Json& claims) const {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return Verdict::malformed;
  const auto header = from_base64url(token.substr(0, first));
  const auto payload = from_base64url(token.substr(first + 1, last - first - 1));
  const auto signature = from_base64url(token.substr(last + 1));
  if (!header || !payload || !signature) return Verdict::malformed;
  const auto head = Json::parse(*header, nullptr, false);
  auto body = Json::parse(*payload, nullptr, false);
  if (!head.is_object() || !body.is_object()) return Verdict::malformed;
  if (head.value("alg", Json()) != "RS256") return Verdict::bad_signature;
  const Digest context(EVP_MD_CTX_new());
  const auto signed_part = token.substr(0, last);
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(), bytes_of(signed_part),
                       signed_part.size()) != 1) {
    return Verdict::bad_signature;
  }
  claims = std::move(body);
  return Verdict::good;
}

std::string make_api_key(const SigningKey& key, const TokenOrder& order, std::string& key_id) {
  auto claims = user_claims(order, "api_key");
  claims["scope"] = Json::array();
  key_id = claims["jti"];
  return key.sign(claims);
}

std::string make_access_token(const SigningKey& key, const TokenOrder& order, bool login) {
  auto claims = user_claims(order, "access");
  claims["scope"] = {"openid", "user", "data"};
  if (login) claims["scope"].push_back("credentials");
  return key.sign(claims);
}

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string random_uuid() {
  std::array<unsigned char, 16> id{};
  uuid_generate_random(id.data());
  std::array<char, 37> text{};
  uuid_unparse_lower(id.data(), text.data());
  return text.data();
}

}  // namespace etl::stand_in
