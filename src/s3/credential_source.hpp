#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "s3/credentials.hpp"

/// Where an AWS key comes from. The kinds are those of the AWS CLI, except SSO and MFA, which need a person.
namespace etl::s3 {

struct CredentialSource;

/// A role that is assumed with a token that Kubernetes mounts (service accounts on EKS).
struct WebIdentity {
  std::string role_arn;
  std::filesystem::path token_file;
  std::string session_name;
  std::string sts_endpoint;  ///< https://sts.<region>.amazonaws.com unless an STS endpoint is configured
  std::string origin;
};

/// A role that is assumed with another key (`role_arn` with `source_profile` or `credential_source`).
struct AssumedRole {
  std::string role_arn;
  std::string session_name;
  std::string external_id;  ///< empty: none
  std::chrono::seconds duration{3600};
  std::string sts_endpoint;
  std::string region;  ///< for the signature of the request to STS
  std::string origin;
  std::shared_ptr<const CredentialSource> base;  ///< never null
};

/// A program that prints a key as JSON (`credential_process`).
struct CredentialProcess {
  std::string command;  ///< split into words as a POSIX shell does; no shell runs it
  std::string origin;
};

/// An agent beside the container: ECS task roles and EKS Pod Identity.
struct ContainerAgent {
  std::string url;
  std::string token;                 ///< for the Authorization header; empty: none, or in the file
  std::filesystem::path token_file;  ///< read anew for each request, because it is rotated; empty: none
  std::string origin;
};

/// The role of the EC2 instance, from its metadata service (IMDSv2 only).
struct InstanceMetadata {
  std::string endpoint;
  std::string origin;
  UsageError if_absent;  ///< what to throw when no metadata service answers: it was only the last resort
};

struct CredentialSource {
  std::variant<Credentials, WebIdentity, AssumedRole, CredentialProcess, ContainerAgent, InstanceMetadata> kind;

  /// For people: "profile etlbot in ~/.aws/credentials", "environment AWS_ROLE_ARN".
  [[nodiscard]] const std::string& origin() const {
    return std::visit([](const auto& source) -> const std::string& { return source.origin; }, kind);
  }
};

}  // namespace etl::s3
