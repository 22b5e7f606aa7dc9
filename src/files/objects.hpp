#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "files/part_plan.hpp"
#include "files/services.hpp"

/// Objects of S3 as a user of signed URLs can handle them: put, and look at.
namespace etl::files {

/// What S3 holds, or says to hold, is not what was sent. Trying again may help: something between changed the bytes.
class WrongObjectError : public RefusedError {
 public:
  using RefusedError::RefusedError;
};

/// The upload in parts is unknown to S3: it was aborted, or cleaned up by a rule of the bucket.
class LostUploadError : public RefusedError {
 public:
  using RefusedError::RefusedError;
};

/// S3 does not let fence's key see the object: it may not read it, or it may not list and there is none.
class HiddenObjectError : public NotAllowedError {
 public:
  using NotAllowedError::NotAllowedError;
};

/// A PUT with a signed URL, and with the body's md5 for S3 to check. Returns the ETag as S3 gave it. What S3 says of a
/// URL that has expired is an UnavailableError: with a new one it goes. WrongObjectError when S3 got other bytes, or
/// its ETag is another md5.
[[nodiscard]] std::string put_signed(const Services& services, const std::string& url, const std::string& md5,
                                     net::Request request);

/// What an ETag says of an object's bytes.
enum class EtagMatch : unsigned char { match, mismatch, unknown };

/// An object's size and ETag.
struct ObjectHead {
  std::uint64_t size = 0;
  std::string etag;        ///< without quotes
  bool encrypted = false;  ///< with a key of its own: then the ETag is no md5
};
/// Of the object of a record, by a signed GET of its first byte (a URL signed for GET allows no HEAD). Nothing when
/// there is no object.
[[nodiscard]] std::optional<ObjectHead> head_object(const Services& services, const std::string& did);

/// Is the ETag the md5 of the object's bytes?
[[nodiscard]] EtagMatch match_etag(const ObjectHead& head, const std::string& md5);
/// Is it the ETag that an object of these parts has: the md5 of the parts' md5s, and their number?
[[nodiscard]] EtagMatch match_multipart_etag(const ObjectHead& head, const std::string& multipart_etag);
/// `md5s`: hexadecimal, one after the other.
[[nodiscard]] std::string multipart_etag(const std::vector<std::string>& md5s);

/// UnavailableError for a signed URL that has expired, else s3::refuse().
[[noreturn]] void refuse_signed(const net::Response& answer, const std::string& where);

/// Does a signed URL lead into this bucket, by path or by host?
[[nodiscard]] bool leads_to(const std::string& signed_url, const std::string& bucket);
/// UsageError when it does not: the record's url would name another object.
void require_bucket(const std::string& signed_url, const std::string& bucket);

}  // namespace etl::files
