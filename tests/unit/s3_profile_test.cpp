#include "s3/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/error.hpp"
#include "s3/credential_process.hpp"
#include "s3/ini_file.hpp"
#include "s3/lent_key.hpp"
#include "s3/time.hpp"

namespace etl::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename Kind>
const Kind& kind_of(const CredentialSource& source) {
  return std::get<Kind>(source.kind);
}
const Credentials& key_of(const CredentialSource& source) { return kind_of<Credentials>(source); }
Credentials key_of(const Profile& profile) { return key_of(profile.credentials); }
WebIdentity identity_of(const Profile& profile) { return kind_of<WebIdentity>(profile.credentials); }

class ProfileTest : public ::testing::Test {
 protected:
  ProfileTest() : home_(std::filesystem::path(::testing::TempDir()) / ("aws-" + std::string(name()))) {
    std::filesystem::remove_all(home_);
    std::filesystem::create_directories(home_ / ".aws");
    set("HOME", home_.string());
    set("AWS_EC2_METADATA_DISABLED", "true");
  }
  ~ProfileTest() override { std::filesystem::remove_all(home_); }

  static const char* name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }
  void write(const std::string& file, const std::string& text) { std::ofstream(home_ / ".aws" / file) << text; }
  void set(const std::string& variable, const std::string& value) { variables_[variable] = value; }
  [[nodiscard]] std::string path(const std::string& file) const { return (home_ / ".aws" / file).string(); }

  [[nodiscard]] config::Environment environment() const {
    return [this](std::string_view variable) -> std::optional<std::string> {
      const auto found = variables_.find(std::string(variable));
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  [[nodiscard]] Profile read(const ProfileChoice& choice = {}) const { return read_profile(choice, environment()); }
  [[nodiscard]] UsageError refused(const ProfileChoice& choice = {}) const {
    try {
      static_cast<void>(read(choice));
    } catch (const UsageError& error) {
      return error;
    }
    ADD_FAILURE() << "it was read";
    return UsageError("");
  }

  void write_pod() {
    write("credentials",
          "[fencebot]\naws_access_key_id = AKIAFENCE\naws_secret_access_key = fence/secret+=\n\n"
          "[etlbot]\naws_access_key_id=AKIAETL\naws_secret_access_key=etl:secret\naws_session_token = token\n");
    write("config",
          "[default]\nregion = us-west-2\n\n[profile fencebot]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n"
          "s3 =\n    addressing_style = path\n    max_concurrent_requests = 20\n");
  }

 private:
  std::filesystem::path home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ProfileTest, BothFilesMakeAProfile) {
  write_pod();
  set("AWS_PROFILE", "fencebot");
  const auto profile = read();
  EXPECT_EQ(profile.name, "fencebot");
  EXPECT_EQ(key_of(profile).access_key_id, "AKIAFENCE");
  EXPECT_EQ(key_of(profile).secret_access_key, "fence/secret+=");
  EXPECT_EQ(key_of(profile).session_token, "");
  EXPECT_EQ(key_of(profile).origin, "profile fencebot in " + path("credentials"));
  EXPECT_EQ(profile.region.text, "eu-west-1");
  EXPECT_EQ(profile.region.origin, "profile fencebot in " + path("config"));
  EXPECT_EQ(profile.endpoint_url->text, "http://127.0.0.1:1");
  EXPECT_EQ(profile.addressing, Addressing::path);
}

TEST_F(ProfileTest, ACommandLineCountsMoreThanTheEnvironment) {
  write_pod();
  set("AWS_PROFILE", "fencebot");
  set("AWS_ACCESS_KEY_ID", "AKIAENV");
  set("AWS_SECRET_ACCESS_KEY", "env secret");
  set("AWS_REGION", "ap-south-1");
  set("AWS_ENDPOINT_URL", "http://127.0.0.1:2");
  const auto profile = read({"etlbot", "sa-east-1", "http://127.0.0.1:3"});
  EXPECT_EQ(key_of(profile).access_key_id, "AKIAETL");
  EXPECT_EQ(key_of(profile).secret_access_key, "etl:secret");
  EXPECT_EQ(key_of(profile).session_token, "token");
  EXPECT_EQ(profile.region.text, "sa-east-1");
  EXPECT_EQ(profile.endpoint_url->text, "http://127.0.0.1:3");
  EXPECT_EQ(profile.endpoint_url->origin, "--endpoint-url");
}

TEST_F(ProfileTest, TheEnvironmentsKeyCountsMoreThanAProfileNamedThere) {
  write_pod();
  set("AWS_PROFILE", "fencebot");
  set("AWS_ACCESS_KEY_ID", "AKIAENV");
  set("AWS_SECRET_ACCESS_KEY", "env secret");
  set("AWS_SESSION_TOKEN", "env token");
  const auto profile = read();
  EXPECT_EQ(key_of(profile).access_key_id, "AKIAENV");
  EXPECT_EQ(key_of(profile).session_token, "env token");
  EXPECT_EQ(key_of(profile).origin, "environment AWS_ACCESS_KEY_ID");
  EXPECT_EQ(profile.region.text, "eu-west-1");
}

TEST_F(ProfileTest, RegionAndEndpointHaveTheirOrder) {
  write_pod();
  set("AWS_PROFILE", "fencebot");
  set("AWS_DEFAULT_REGION", "r1");
  EXPECT_EQ(read().region.text, "r1");
  set("AWS_REGION", "r2");
  EXPECT_EQ(read().region.text, "r2");
  set("AWS_ENDPOINT_URL", "http://all");
  EXPECT_EQ(read().endpoint_url->text, "http://all");
  set("AWS_ENDPOINT_URL_S3", "http://s3");
  EXPECT_EQ(read().endpoint_url->text, "http://s3");
  EXPECT_EQ(read().endpoint_url->origin, "environment AWS_ENDPOINT_URL_S3");
  set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
  EXPECT_FALSE(read().endpoint_url);
}

TEST_F(ProfileTest, AServicesSectionCountsMoreThanTheProfilesEndpoint) {
  write("config",
        "[profile a]\nservices = local\nendpoint_url = http://all\naws_access_key_id = id\naws_secret_access_key = x\n"
        "[services local]\ns3 =\n  endpoint_url = http://s3\nsts =\n  endpoint_url = http://sts\n");
  const auto profile = read({"a", {}, {}});
  EXPECT_EQ(profile.endpoint_url->text, "http://s3");
  EXPECT_EQ(key_of(profile).access_key_id, "id") << "keys may stand in config, too";
}

TEST_F(ProfileTest, FilesAreWhereTheEnvironmentSays) {
  write("mine", "[x]\naws_access_key_id = id\naws_secret_access_key = secret\n");
  write("my-config", "[profile \"x\"]\nregion = r\n");
  set("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/mine");
  set("AWS_CONFIG_FILE", path("my-config"));
  set("AWS_PROFILE", "x");
  EXPECT_EQ(key_of(read()).access_key_id, "id");
  EXPECT_EQ(read().region.text, "r");
}

TEST_F(ProfileTest, WithoutAnyNameItIsDefault) {
  write("credentials", "[default]\naws_access_key_id = id\naws_secret_access_key = secret\n");
  const auto profile = read();
  EXPECT_EQ(profile.name, "default");
  EXPECT_EQ(profile.region.text, "us-east-1");
  EXPECT_FALSE(profile.endpoint_url);
  EXPECT_EQ(profile.addressing, Addressing::automatic);
}

TEST_F(ProfileTest, AnUnknownProfileIsNamedWithThoseThereAre) {
  write_pod();
  const auto error = refused({"fencbot", {}, {}});
  EXPECT_THAT(error.what(), HasSubstr("the AWS profile `fencbot` does not exist"));
  EXPECT_THAT(error.hint(), HasSubstr("did you mean `fencebot`?"));
  EXPECT_EQ(error.where(), "--profile");
  EXPECT_THAT(error.hint(), HasSubstr("default, etlbot, fencebot"));
  EXPECT_THAT(error.hint(), HasSubstr(path("credentials")));
  EXPECT_THAT(profile_names(environment()), ElementsAre("default", "etlbot", "fencebot"));
}

TEST_F(ProfileTest, NoKeyIsAnErrorThatSaysWhereItLooked) {
  const auto error = refused();
  EXPECT_THAT(error.what(), HasSubstr("there is no AWS key"));
  EXPECT_THAT(error.where(), HasSubstr(path("credentials")));
  write_pod();
  EXPECT_THAT(refused().hint(), HasSubstr("etlbot, fencebot"));
}

TEST_F(ProfileTest, HalfAKeyIsAnError) {
  write("credentials", "[default]\naws_access_key_id = id\n");
  EXPECT_STREQ(refused().what(), "the AWS key has no secret");
  set("AWS_SECRET_ACCESS_KEY", "swordfish");
  const auto error = refused();
  EXPECT_STREQ(error.what(), "the AWS key has no id");
  EXPECT_THAT(error.what() + error.where() + error.hint(), Not(HasSubstr("swordfish")));
}

TEST_F(ProfileTest, ALoginThatNeedsAPersonIsRefused) {
  for (const std::string key : {"sso_session", "sso_start_url"}) {
    write("config", "[profile a]\n" + key + " = x\n");
    EXPECT_THAT(refused({"a", {}, {}}).what(), HasSubstr("`a` signs in by `" + key + "`"));
  }
  write("config", "[profile a]\nrole_arn = r\nsource_profile = b\nmfa_serial = m\n[profile b]\n");
  EXPECT_THAT(refused({"a", {}, {}}).what(), HasSubstr("one-time code"));
}

TEST_F(ProfileTest, ARoleIsAssumedWithTheKeyOfItsSourceProfile) {
  write("config",
        "[profile a]\nrole_arn = arn:a\nsource_profile = b\nexternal_id = e\nduration_seconds = 900\nregion = "
        "eu-west-1\nrole_session_name = s\n[profile b]\nrole_arn = arn:b\nsource_profile = c\n");
  write("credentials", "[c]\naws_access_key_id = AKIAC\naws_secret_access_key = secret\n");
  const auto profile = read({"a", {}, {}});
  const auto& role = kind_of<AssumedRole>(profile.credentials);
  EXPECT_EQ(role.role_arn, "arn:a");
  EXPECT_EQ(role.external_id, "e");
  EXPECT_EQ(role.session_name, "s");
  EXPECT_EQ(role.duration, std::chrono::seconds(900));
  EXPECT_EQ(role.sts_endpoint, "https://sts.eu-west-1.amazonaws.com");
  const auto& base = kind_of<AssumedRole>(*role.base);
  EXPECT_EQ(base.role_arn, "arn:b");
  EXPECT_EQ(key_of(*base.base).access_key_id, "AKIAC");
}

TEST_F(ProfileTest, ARoleMayTakeTheKeyOfItsOwnProfile) {
  write("credentials", "[a]\naws_access_key_id = AKIAA\naws_secret_access_key = s\nrole_arn = r\nsource_profile = a\n");
  const auto profile = read({"a", {}, {}});
  EXPECT_EQ(key_of(*kind_of<AssumedRole>(profile.credentials).base).access_key_id, "AKIAA");
}

TEST_F(ProfileTest, ARoleWithoutAKeyToAssumeItWithIsRefused) {
  write("config",
        "[profile a]\nrole_arn = r\n[profile b]\nrole_arn = r\nsource_profile = nobody\n[profile c]\nrole_arn = "
        "r\nsource_profile = d\n[profile d]\nrole_arn = r\nsource_profile = c\n[profile e]\nrole_arn = "
        "r\ncredential_source = Moon\n[profile f]\nrole_arn = r\nsource_profile = c\nduration_seconds = 5\n");
  EXPECT_THAT(refused({"a", {}, {}}).what(), HasSubstr("neither source_profile nor credential_source"));
  EXPECT_THAT(refused({"b", {}, {}}).what(),
              HasSubstr("the AWS profile `nobody`, the source_profile of `b`, does not exist"));
  EXPECT_THAT(refused({"c", {}, {}}).what(), HasSubstr("returns to `c`"));
  EXPECT_THAT(refused({"e", {}, {}}).what(),
              HasSubstr("must be Environment, EcsContainer or Ec2InstanceMetadata, not Moon"));
  EXPECT_THAT(refused({"f", {}, {}}).what(), HasSubstr("duration_seconds"));
}

TEST_F(ProfileTest, ACredentialSourceIsTheEnvironmentTheContainerOrTheInstance) {
  write("config",
        "[profile a]\nrole_arn = r\ncredential_source = Environment\n[profile b]\nrole_arn = "
        "r\ncredential_source = EcsContainer\n[profile c]\nrole_arn = r\ncredential_source = "
        "Ec2InstanceMetadata\n");
  EXPECT_THAT(refused({"a", {}, {}}).what(), HasSubstr("AWS_ACCESS_KEY_ID is not set"));
  EXPECT_THAT(refused({"b", {}, {}}).what(), HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
  set("AWS_ACCESS_KEY_ID", "AKIAENV");
  set("AWS_SECRET_ACCESS_KEY", "secret");
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x");
  const auto base = [&](const std::string& name) {
    return *kind_of<AssumedRole>(read({name, {}, {}}).credentials).base;
  };
  EXPECT_EQ(key_of(base("a")).access_key_id, "AKIAENV");
  EXPECT_EQ(kind_of<ContainerAgent>(base("b")).url, "http://169.254.170.2/v2/credentials/x");
  EXPECT_EQ(kind_of<InstanceMetadata>(base("c")).endpoint, "http://169.254.169.254");
}

TEST_F(ProfileTest, AContainersAgentIsAskedInTheClearOnlyNearby) {
  for (const std::string url : {"http://169.254.170.23/v1/credentials", "http://127.0.0.1:1/x", "http://[::1]/x",
                                "https://agent.example.org/x", "http://[fd00:ec2::23]/v1/credentials"}) {
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_EQ(kind_of<ContainerAgent>(read().credentials).url, url);
  }
  for (const std::string url :
       {"http://agent.example.org/x", "http://127.0.0.1.example.org/", "http://169.254.170.2.x/"}) {
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_THAT(refused().what(), HasSubstr("over plain HTTP")) << url;
  }
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "");
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example.org/");
  EXPECT_THAT(refused().what(), HasSubstr("not a path"));
}

TEST_F(ProfileTest, TheLastResortIsTheInstancesRole) {
  set("AWS_EC2_METADATA_DISABLED", "");
  write("config", "[profile a]\nregion = eu-west-1\n");
  const auto profile = read({"a", {}, {}});
  const auto& instance = kind_of<InstanceMetadata>(profile.credentials);
  EXPECT_EQ(instance.endpoint, "http://169.254.169.254");
  EXPECT_THAT(instance.if_absent.what(), HasSubstr("the profile `a` has none"));
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6");
  EXPECT_EQ(kind_of<InstanceMetadata>(read().credentials).endpoint, "http://[fd00:ec2::254]");
}

TEST_F(ProfileTest, ACredentialProcessComesAfterAKey) {
  write("config",
        "[profile a]\ncredential_process = /opt/bin/key --for \"a b\"\n[profile b]\ncredential_process = x\n"
        "aws_access_key_id = id\naws_secret_access_key = s\n");
  EXPECT_EQ(kind_of<CredentialProcess>(read({"a", {}, {}}).credentials).command, "/opt/bin/key --for \"a b\"");
  EXPECT_EQ(key_of(read({"b", {}, {}})).access_key_id, "id");
}

TEST_F(ProfileTest, CertificateAuthoritiesMustBeReadable) {
  write("ca.pem", "x");
  write("credentials", "[a]\naws_access_key_id = id\naws_secret_access_key = s\nca_bundle = " + path("ca.pem") + "\n");
  EXPECT_EQ(read({"a", {}, {}}).ca_bundle, path("ca.pem"));
  set("AWS_CA_BUNDLE", "/no/such/file");
  const auto error = refused({"a", {}, {}});
  EXPECT_THAT(error.what(), HasSubstr("certificate authorities cannot be read"));
  EXPECT_THAT(error.hint(), HasSubstr("environment AWS_CA_BUNDLE"));
}

TEST(CredentialProcess, ACommandIsSplitAsAShellDoes) {
  EXPECT_THAT(split_command(R"(a 'b c' "d \"e\" \x" f\ g '' )", "f"),
              ElementsAre("a", "b c", R"(d "e" \x)", "f g", ""));
  EXPECT_THROW(static_cast<void>(split_command("a 'b", "f")), UsageError);
  EXPECT_THROW(static_cast<void>(split_command("  ", "f")), UsageError);
}

TEST(LentKey, IsReadFromJson) {
  const auto key = parse_lent_key(
      R"({"AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"2030-01-01T02:00:00.5+02:00"})", "o", "w");
  EXPECT_EQ(key.key.session_token, "T");
  EXPECT_EQ(key.expires, *parse_iso_time("2030-01-01T00:00:00Z"));
  for (const std::string bad : {"", "[]", "<html>swordfish", R"({"AccessKeyId":"A"})",
                                R"({"AccessKeyId":"A","SecretAccessKey":"swordfish","Expiration":"soon"})"}) {
    try {
      static_cast<void>(parse_lent_key(bad, "o", "w"));
      ADD_FAILURE() << bad;
    } catch (const UnavailableError& error) {
      EXPECT_THAT(error.what() + error.where() + error.hint(), Not(HasSubstr("swordfish")));
    }
  }
}

TEST_F(ProfileTest, AServiceAccountsRole) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  set("AWS_REGION", "us-west-2");
  const auto profile = read();
  EXPECT_EQ(identity_of(profile).role_arn, "arn:aws:iam::1:role/etl");
  EXPECT_EQ(identity_of(profile).token_file, "/var/run/secrets/token");
  EXPECT_EQ(identity_of(profile).sts_endpoint, "https://sts.us-west-2.amazonaws.com");
  EXPECT_EQ(identity_of(profile).origin, "environment AWS_ROLE_ARN");
  set("AWS_REGION", "cn-north-1");
  EXPECT_EQ(identity_of(read()).sts_endpoint, "https://sts.cn-north-1.amazonaws.com.cn");
  set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:4");
  EXPECT_EQ(identity_of(read()).sts_endpoint, "http://127.0.0.1:4");
  write("config", "[profile other]\nrole_arn = arn:other\nweb_identity_token_file = /other\n");
  EXPECT_EQ(identity_of(read({"other", {}, {}})).role_arn, "arn:other") << "--profile counts more";
}

TEST_F(ProfileTest, AServiceAccountsTokenGoesToStsAlone) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  set("AWS_REGION", "us-west-2");
  const std::string regional = "https://sts.us-west-2.amazonaws.com";
  // Addresses for all services are those of an S3 server.
  set("AWS_ENDPOINT_URL", "https://s3.example.org");
  write("config", "[default]\nendpoint_url = https://minio.example.org\n");
  EXPECT_EQ(identity_of(read()).sts_endpoint, regional);
  EXPECT_EQ(identity_of(read({{}, {}, "https://flag.example.org"})).sts_endpoint, regional);
  EXPECT_EQ(read().endpoint_url->text, "https://s3.example.org");
  set("AWS_ENDPOINT_URL", "");
  EXPECT_EQ(identity_of(read()).sts_endpoint, regional);
  EXPECT_EQ(read().endpoint_url->text, "https://minio.example.org");
  // One that names STS counts.
  write("config",
        "[default]\nendpoint_url = https://minio.example.org\nservices = mine\n[services mine]\ns3 =\n"
        "  endpoint_url = https://s3.example.org\n");
  EXPECT_EQ(identity_of(read()).sts_endpoint, regional);
  write("config",
        "[default]\nendpoint_url = https://minio.example.org\nservices = mine\n[services mine]\nsts =\n"
        "  endpoint_url = https://sts.example.org\n");
  EXPECT_EQ(identity_of(read()).sts_endpoint, "https://sts.example.org");
  set("AWS_ENDPOINT_URL_STS", "https://vpce-1.sts.us-west-2.vpce.amazonaws.com");
  EXPECT_EQ(identity_of(read()).sts_endpoint, "https://vpce-1.sts.us-west-2.vpce.amazonaws.com");
  set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
  EXPECT_EQ(identity_of(read()).sts_endpoint, regional);
}

TEST_F(ProfileTest, AServiceAccountsTokenIsNotSentInClearText) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  for (const char* local : {"http://127.0.0.1:4", "http://localhost", "http://[::1]:5/"}) {
    set("AWS_ENDPOINT_URL_STS", local);
    EXPECT_EQ(identity_of(read()).sts_endpoint, local);
  }
  for (const char* remote : {"http://sts.example.org", "HTTP://10.0.0.1:80/", "http://127.0.0.1@example.org/"}) {
    set("AWS_ENDPOINT_URL_STS", remote);
    EXPECT_THAT(refused().what(), HasSubstr("the address of STS is not encrypted")) << remote;
    EXPECT_EQ(refused().where(), "environment AWS_ENDPOINT_URL_STS");
  }
}

TEST_F(ProfileTest, ARegionCannotNameAnotherHostForSts) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  for (const char* region : {"x@example.org/", "example.org/", "a.b", "us west", "US-WEST-2"}) {
    set("AWS_REGION", region);
    EXPECT_THAT(refused().what(), HasSubstr("not the name of an AWS region")) << region;
  }
}

TEST(Ini, IsReadAsTheCliReadsIt) {
  const auto file = parse_ini(
      "\xEF\xBB\xBF# comment\r\n[a]\r\n  Key = one\r\n  other: t=wo\r\n; comment\r\n\r\n[b]\nurl = http://h:1/#x\n"
      "s3 =\n  addressing_style = path\n\t\tmore = 1\n[a]\nthird=\n",
      "f");
  EXPECT_EQ(file.at("a"), (IniSection{{"key", "one"}, {"other", "t=wo"}, {"third", ""}}));
  EXPECT_EQ(file.at("b").at("url"), "http://h:1/#x");
  EXPECT_EQ(parse_nested(file.at("b").at("s3")), (IniSection{{"addressing_style", "path"}, {"more", "1"}}));
}

TEST(Ini, FaultsHaveTheirLineAndShowNothingOfIt) {
  for (const std::string text :
       {"[a]\nswordfish\n", "\nkey = swordfish\n", "[a]\n[swordfish\n", "[a]\n= swordfish\n"}) {
    try {
      static_cast<void>(parse_ini(text, "credentials"));
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), "credentials:2");
      EXPECT_THAT(error.what() + error.hint(), Not(HasSubstr("swordfish")));
    }
  }
}

}  // namespace
}  // namespace etl::s3
