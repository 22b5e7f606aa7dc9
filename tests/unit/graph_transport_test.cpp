#include "graph/connection/transport.hpp"

#include <gtest/gtest.h>

namespace etl::graph {
namespace {

TEST(Transport, ThisMachineNeedsNoEncryption) {
  for (const char* address : {"", "127.0.0.1", "::1"}) {
    EXPECT_EQ(judge_transport(address, false, false, "prefer"), Transport::local) << address;
  }
}

TEST(Transport, OnlyACheckedCertificateIsVerified) {
  for (const char* address : {"10.0.0.5", "2001:db8::5"}) {
    for (const char* mode : {"", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"}) {
      EXPECT_EQ(judge_transport(address, false, false, mode), Transport::clear) << mode;
    }
    for (const char* mode : {"", "allow", "prefer", "require"}) {
      EXPECT_EQ(judge_transport(address, true, false, mode), Transport::unverified) << mode;
    }
    for (const char* mode : {"verify-ca", "verify-full"}) {
      EXPECT_EQ(judge_transport(address, true, false, mode), Transport::verified) << mode;
    }
    EXPECT_EQ(judge_transport(address, false, true, "prefer"), Transport::verified) << "GSSAPI";
  }
}

}  // namespace
}  // namespace etl::graph
