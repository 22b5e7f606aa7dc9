#include "s3/send.hpp"

#include <string>
#include <typeinfo>

#include "base/error.hpp"

namespace etl::s3 {

net::Response send_to_s3(net::HttpClient& http, const net::Request& request) {
  try {
    return http.send(request);
  } catch (const UnavailableError& error) {
    if (typeid(error) != typeid(UnavailableError)) throw;  // a stop, or a kind that a caller knows
    throw UnavailableError(std::string("S3: ") + error.what(), error.where(), error.hint());
  }
}

}  // namespace etl::s3
