#include "cli/lib/aws_options.hpp"

namespace etl::cli {

void add_aws_options(CLI::App& app, s3::ProfileChoice& choice) {
  app.add_option("--profile", choice.profile, "the AWS profile whose key signs [environment: AWS_PROFILE]")
      ->type_name("NAME");
  app.add_option("--region", choice.region,
                 "the bucket's region [environment: AWS_REGION, AWS_DEFAULT_REGION; default: the profile's, us-east-1]")
      ->type_name("NAME");
  app.add_option("--endpoint-url", choice.endpoint_url,
                 "the S3 service, unless it is AWS [environment: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; default: the "
                 "profile's]")
      ->type_name("URL");
}

}  // namespace etl::cli
