#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

// What the record of a resource holds: one case for every rule. The type, the id and what each type must have to be
// valid are not repeated in what is expected.

namespace etl::simplify {

struct Case {
  const char* name;
  const char* type;
  const char* members;                      ///< besides resourceType, id and what must be there
  const char* object;                       ///< expected of them
  std::vector<std::string> relations = {};  ///< `dst_name dst_id`
  const char* config = "{}";
};

/// The test itself is in simplify_record_test.cpp.
class SimplifyRecord : public ::testing::TestWithParam<Case> {};

inline std::string name_of(const ::testing::TestParamInfo<Case>& given) { return given.param.name; }

}  // namespace etl::simplify
