#include "s3/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/error.hpp"
#include "s3/ini_file.hpp"

namespace etl::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ProfileTest : public ::testing::Test {
 protected:
  ProfileTest() : home_(std::filesystem::path(::testing::TempDir()) / ("aws-" + std::string(name()))) {
    std::filesystem::remove_all(home_);
    std::filesystem::create_directories(home_ / ".aws");
    set("HOME", home_.string());
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
  EXPECT_EQ(profile.key->access_key_id, "AKIAFENCE");
  EXPECT_EQ(profile.key->secret_access_key, "fence/secret+=");
  EXPECT_EQ(profile.key->session_token, "");
  EXPECT_EQ(profile.key->origin, "profile fencebot in " + path("credentials"));
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
  EXPECT_EQ(profile.key->access_key_id, "AKIAETL");
  EXPECT_EQ(profile.key->secret_access_key, "etl:secret");
  EXPECT_EQ(profile.key->session_token, "token");
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
  EXPECT_EQ(profile.key->access_key_id, "AKIAENV");
  EXPECT_EQ(profile.key->session_token, "env token");
  EXPECT_EQ(profile.key->origin, "environment AWS_ACCESS_KEY_ID");
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
  EXPECT_EQ(profile.key->access_key_id, "id") << "keys may stand in config, too";
}

TEST_F(ProfileTest, FilesAreWhereTheEnvironmentSays) {
  write("mine", "[x]\naws_access_key_id = id\naws_secret_access_key = secret\n");
  write("my-config", "[profile \"x\"]\nregion = r\n");
  set("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/mine");
  set("AWS_CONFIG_FILE", path("my-config"));
  set("AWS_PROFILE", "x");
  EXPECT_EQ(read().key->access_key_id, "id");
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
  EXPECT_THAT(error.what(), HasSubstr("no AWS profile `fencbot`; did you mean `fencebot`?"));
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

TEST_F(ProfileTest, OtherKindsOfLoginAreNamed) {
  for (const std::string key : {"credential_process", "sso_session", "role_arn"}) {
    write("config", "[profile a]\n" + key + " = x\n");
    EXPECT_THAT(refused({"a", {}, {}}).what(), HasSubstr("`a` logs in by `" + key + "`"));
  }
}

TEST_F(ProfileTest, AServiceAccountsRole) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  set("AWS_REGION", "us-west-2");
  const auto profile = read();
  EXPECT_FALSE(profile.key);
  EXPECT_EQ(profile.identity->role_arn, "arn:aws:iam::1:role/etl");
  EXPECT_EQ(profile.identity->token_file, "/var/run/secrets/token");
  EXPECT_EQ(profile.identity->sts_endpoint, "https://sts.us-west-2.amazonaws.com");
  EXPECT_EQ(profile.identity->origin, "environment AWS_ROLE_ARN");
  set("AWS_REGION", "cn-north-1");
  EXPECT_EQ(read().identity->sts_endpoint, "https://sts.cn-north-1.amazonaws.com.cn");
  set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:4");
  EXPECT_EQ(read().identity->sts_endpoint, "http://127.0.0.1:4");
  write("config", "[profile other]\nrole_arn = arn:other\nweb_identity_token_file = /other\n");
  EXPECT_EQ(read({"other", {}, {}}).identity->role_arn, "arn:other") << "--profile counts more";
}

TEST_F(ProfileTest, AServiceAccountsTokenGoesToStsAlone) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  set("AWS_REGION", "us-west-2");
  const std::string regional = "https://sts.us-west-2.amazonaws.com";
  // Addresses for all services are those of an S3 server.
  set("AWS_ENDPOINT_URL", "https://s3.example.org");
  write("config", "[default]\nendpoint_url = https://minio.example.org\n");
  EXPECT_EQ(read().identity->sts_endpoint, regional);
  EXPECT_EQ(read({{}, {}, "https://flag.example.org"}).identity->sts_endpoint, regional);
  EXPECT_EQ(read().endpoint_url->text, "https://s3.example.org");
  set("AWS_ENDPOINT_URL", "");
  EXPECT_EQ(read().identity->sts_endpoint, regional);
  EXPECT_EQ(read().endpoint_url->text, "https://minio.example.org");
  // One that names STS counts.
  write("config",
        "[default]\nendpoint_url = https://minio.example.org\nservices = mine\n[services mine]\ns3 =\n"
        "  endpoint_url = https://s3.example.org\n");
  EXPECT_EQ(read().identity->sts_endpoint, regional);
  write("config",
        "[default]\nendpoint_url = https://minio.example.org\nservices = mine\n[services mine]\nsts =\n"
        "  endpoint_url = https://sts.example.org\n");
  EXPECT_EQ(read().identity->sts_endpoint, "https://sts.example.org");
  set("AWS_ENDPOINT_URL_STS", "https://vpce-1.sts.us-west-2.vpce.amazonaws.com");
  EXPECT_EQ(read().identity->sts_endpoint, "https://vpce-1.sts.us-west-2.vpce.amazonaws.com");
  set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
  EXPECT_EQ(read().identity->sts_endpoint, regional);
}

TEST_F(ProfileTest, AServiceAccountsTokenIsNotSentInClearText) {
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/etl");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");
  for (const char* local : {"http://127.0.0.1:4", "http://localhost", "http://[::1]:5/"}) {
    set("AWS_ENDPOINT_URL_STS", local);
    EXPECT_EQ(read().identity->sts_endpoint, local);
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
