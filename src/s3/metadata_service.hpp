#pragma once

#include <string>

#include "s3/credential_source.hpp"
#include "s3/lent_key.hpp"

/// Services that lend a key to what runs beside them.
namespace etl::s3 {

/// ECS task roles and EKS Pod Identity. UsageError when the token file cannot be read, NotAllowedError when the agent
/// refuses, UnavailableError when it does not answer.
[[nodiscard]] LentKey ask(const ContainerAgent& agent, const std::string& ca_bundle);

/// The EC2 instance's role, with IMDSv2 (a session token first; version 1 is never used). Throws `if_absent` when
/// nothing answers within 1 s or the instance has no role.
[[nodiscard]] LentKey ask(const InstanceMetadata& metadata);

}  // namespace etl::s3
