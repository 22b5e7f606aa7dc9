#!/bin/sh
# fence's configuration holds its database password, its encryption key, client secrets and AWS keys. The program needs
# only which buckets take uploads: this writes an extract of $1 with nothing else to $2.
set -eu
umask 027
yq -y '{
  DATA_UPLOAD_BUCKET,
  ALLOWED_DATA_UPLOAD_BUCKETS,
  S3_BUCKETS: ((.S3_BUCKETS // {}) | with_entries(select(.value | type == "object") |
    .value |= ({region, endpoint_url, "role-arn"} | with_entries(select(.value != null)))))
} | with_entries(select(.value != null))' "$1" >"$2.new"
mv "$2.new" "$2"
