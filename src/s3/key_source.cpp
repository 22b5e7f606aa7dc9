#include "s3/key_source.hpp"

#include "base/log.hpp"
#include "base/secrets.hpp"
#include "s3/credential_process.hpp"
#include "s3/metadata_service.hpp"
#include "s3/sts.hpp"

namespace etl::s3 {
namespace {

/// A key is renewed this long before its end, so that what is signed now is still good when it arrives.
constexpr std::chrono::minutes renew_before{5};

void keep_secret(const Credentials& key) {
  secrets::add(key.secret_access_key);
  secrets::add(key.session_token);
}

/// Gets a key from each kind of source.
class Lender {
 public:
  Lender(net::HttpClient& http, const std::string& ca_bundle) : sts_(http, ca_bundle), ca_bundle_(ca_bundle) {}

  LentKey operator()(const Credentials& key) const { return {key}; }
  LentKey operator()(const WebIdentity& identity) const { return sts_.assume(identity); }
  LentKey operator()(const AssumedRole& role) const {
    const LentKey base = std::visit(*this, role.base->kind);
    keep_secret(base.key);
    return sts_.assume(role, base.key);
  }
  LentKey operator()(const CredentialProcess& process) const { return run(process); }
  LentKey operator()(const ContainerAgent& agent) const { return ask(agent, ca_bundle_); }
  LentKey operator()(const InstanceMetadata& metadata) const { return ask(metadata); }

 private:
  Sts sts_;
  const std::string& ca_bundle_;
};

}  // namespace

KeySource::KeySource(net::HttpClient& http, CredentialSource source, std::string ca_bundle)
    : http_(http), source_(std::move(source)), ca_bundle_(std::move(ca_bundle)) {}

Credentials KeySource::current() {
  const std::lock_guard lock(mutex_);
  if (lent_ && Clock::now() < lent_->expires - renew_before) return lent_->key;
  try {
    lent_ = std::visit(Lender(http_, ca_bundle_), source_.kind);
    keep_secret(lent_->key);
  } catch (const UnavailableError& error) {
    if (!lent_ || Clock::now() >= lent_->expires) throw;
    log::debug("the AWS key could not be renewed yet: {}", error.what());
  }
  return lent_->key;
}

}  // namespace etl::s3
