#pragma once

#include "net/http.hpp"

namespace etl::s3 {

/// Sends a request to S3. When the connection fails, the error says that it was the connection to S3; everything else
/// is as HttpClient::send() does it.
net::Response send_to_s3(net::HttpClient& http, const net::Request& request);

}  // namespace etl::s3
