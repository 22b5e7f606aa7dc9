#include "base/loopback.hpp"

#include <gtest/gtest.h>

namespace etl {
namespace {

TEST(Loopback, IsThisMachineAlone) {
  for (const char* host : {"localhost", "LocalHost", "localhost.", "pg.localhost", "127.0.0.1", "127.255.0.3", "::1",
                           "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host :
       {"", "localhost.example.org", "notlocalhost", "127.0.0.1.example.org", "127.1", "0.0.0.0", "10.0.0.1",
        "128.0.0.1", "::", "::2", "::ffff:10.0.0.1", "fe80::1", "example.org", "[localhost", "[]"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace etl
