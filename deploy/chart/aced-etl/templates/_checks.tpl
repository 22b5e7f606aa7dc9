{{/* Values that contradict each other or would publish a secret. values.schema.json says what each single value may be. */}}

{{/* Secrets in values that end in an object that is no Secret: `etl` in a ConfigMap, the rest in the pods' spec. */}}
{{- define "aced-etl.noSecrets" -}}
{{- $v := .Values }}
{{- $secrets := list (list "database" "password" "mounts.sheepdogCreds, or a Secret with PGPASSWORD in envFrom") (list "gen3" "access_token" "mounts.credentials, or a Secret with ACCESS_TOKEN in envFrom") (list "search" "password" "a Secret with ELASTICSEARCH_PASSWORD in envFrom") (list "search" "api_key" "a Secret with ELASTICSEARCH_API_KEY in envFrom") }}
{{- range $secret := $secrets }}
{{- $group := get $v.etl (first $secret) | default dict }}
{{- if get $group (index $secret 1) }}
{{- fail (printf "etl.%s.%s is a secret, and etl becomes a ConfigMap, which anyone in the namespace can read: use %s" (first $secret) (index $secret 1) (last $secret)) }}
{{- end }}
{{- end }}
{{- range $each := $v.extraEnv }}
{{- if and $each.value (has $each.name (list "PGPASSWORD" "ACCESS_TOKEN" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" "ELASTICSEARCH_PASSWORD" "ELASTICSEARCH_API_KEY")) }}
{{- fail (printf "extraEnv.%s is a secret, and its value would be readable in every pod's spec: use valueFrom.secretKeyRef, or envFrom" $each.name) }}
{{- end }}
{{- end }}
{{- $places := dict "etl" $v.etl "env" $v.env "extraEnv" $v.extraEnv "cronJob.args" $v.cronJob.args "jobTemplate.args" $v.jobTemplate.args }}
{{- range $place, $value := $places }}
{{- if regexMatch "://[^/?#@\\s\"']*:[^/?#@\\s\"']*@" (toYaml $value) }}
{{- fail (printf "an address in %s has a password, which would be readable outside of a Secret: use extraEnv with valueFrom.secretKeyRef, or envFrom" $place) }}
{{- end }}
{{- end }}
{{- end }}

{{/* An address that the NetworkPolicy would not let through: dict root, name, url, rule. */}}
{{- define "aced-etl.reachable" -}}
{{- $policy := .root.Values.networkPolicy }}
{{- if and $policy.enabled .url (not $policy.extraEgress) (regexMatch "^https?://[^$]+$" .url) }}
{{- $host := (urlParse .url).host }}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" | default (ternary "443" "80" (hasPrefix "https:" .url)) }}
{{- $open := list }}
{{- range $name := list "commons" "postgres" "search" "s3" }}
{{- $rule := index $policy $name }}
{{- if or (not $rule.to) (eq $name $.rule) }}
{{- $open = concat $open ($rule.ports | default list) }}
{{- end }}
{{- end }}
{{- $found := false }}
{{- range $each := $open }}{{- if eq (toString $each) $port }}{{- $found = true }}{{- end }}{{- end }}
{{- if not $found }}
{{- fail (printf "%s has port %s, and the NetworkPolicy lets nothing out to it: add it to networkPolicy.%s.ports, or use networkPolicy.extraEgress" .name $port .rule) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "aced-etl.checks" -}}
{{- $v := .Values }}
{{- include "aced-etl.noSecrets" . }}
{{- $names := dict "credentials" "value" "userYaml" "value" "fenceConfig" "value" "databaseCa" "value" "sheepdogCreds" "values" "aws" "values" }}
{{- range $name, $field := $names }}
{{- $mount := index $v.mounts $name }}
{{- $given := index $mount $field }}
{{- if and (has $mount.from (list "secret" "configMap")) (not $mount.name) }}
{{- fail (printf "mounts.%s.from is %s: name it, mounts.%s.name" $name $mount.from $name) }}
{{- end }}
{{- if and (eq $mount.from "values") (not $given) }}
{{- fail (printf "mounts.%s.from is values, and mounts.%s.%s is empty" $name $name $field) }}
{{- end }}
{{- if and (ne $mount.from "values") $given }}
{{- fail (printf "mounts.%s.%s is given, but mounts.%s.from is %s: set from to values, or leave it out" $name $field $name $mount.from) }}
{{- end }}
{{- end }}
{{- if eq $v.mounts.sheepdogCreds.from "values" }}
{{- range $file := list "database" "dbcreated" "host" "password" "port" "username" }}
{{- if not (index $v.mounts.sheepdogCreds.values $file) }}
{{- fail (printf "mounts.sheepdogCreds.values lacks %s" $file) }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq $v.mounts.aws.from "values" }}
{{- range $file := list "credentials" "config" }}
{{- if not (index $v.mounts.aws.values $file) }}
{{- fail (printf "mounts.aws.values lacks %s" $file) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq $v.mounts.aws.from "none") $v.serviceAccount.create (not $v.serviceAccount.roleArn) (not $v.serviceAccount.annotations) (not $v.extraEnv) (not $v.envFrom) }}
{{- fail "there is no AWS key: set serviceAccount.roleArn, or mounts.aws.from" }}
{{- end }}
{{- if and $v.serviceAccount.roleArn (not $v.serviceAccount.create) }}
{{- fail "serviceAccount.roleArn annotates the account that the chart makes, and serviceAccount.create is false: annotate yours with eks.amazonaws.com/role-arn" }}
{{- end }}
{{- range $name := list "state" "studies" "output" }}
{{- $storage := index $v.storage $name }}
{{- if and (eq $storage.type "hostPath") (not $storage.hostPath) }}
{{- fail (printf "storage.%s.type is hostPath: name the folder, storage.%s.hostPath" $name $name) }}
{{- end }}
{{- if and $storage.hostPath (ne $storage.type "hostPath") }}
{{- fail (printf "storage.%s.hostPath is given, but storage.%s.type is %s" $name $name $storage.type) }}
{{- end }}
{{- if and $storage.existingClaim (ne $storage.type "pvc") }}
{{- fail (printf "storage.%s.existingClaim is given, but storage.%s.type is %s" $name $name $storage.type) }}
{{- end }}
{{- if and (eq $storage.type "pvc") (eq $storage.accessMode "ReadWriteOncePod") (or $v.cronJob.enabled $v.jobTemplate.enabled) $v.deployment.enabled }}
{{- fail (printf "storage.%s.accessMode is ReadWriteOncePod: no Job would ever start beside the Deployment" $name) }}
{{- end }}
{{- end }}
{{- if and (eq $v.storage.state.type "emptyDir") $v.cronJob.enabled (not $v.cronJob.suspend) }}
{{- fail "storage.state.type is emptyDir: the journals of uploads would be lost with each run of the CronJob; use pvc, or suspend it" }}
{{- end }}
{{- $source := $v.etl.source | default dict }}
{{- $bucket := or $v.env.S3_BUCKET (get $source "bucket") $v.extraEnv $v.envFrom }}
{{- if and (eq $v.storage.studies.type "emptyDir") $v.cronJob.enabled (not $v.cronJob.suspend) (not $bucket) }}
{{- fail "storage.studies.type is emptyDir, and no bucket is set that studies come from: the CronJob would find none; set env.S3_BUCKET" }}
{{- end }}
{{- if not (or $v.deployment.enabled $v.cronJob.enabled $v.jobTemplate.enabled) }}
{{- fail "deployment, cronJob and jobTemplate are all off: nothing would run" }}
{{- end }}
{{- if and $v.networkPolicy.enabled $v.env.ELASTICSEARCH_URL (not $v.networkPolicy.search.ports) (not $v.networkPolicy.extraEgress) }}
{{- fail "env.ELASTICSEARCH_URL is set, and networkPolicy.search has no ports: the search server could not be reached" }}
{{- end }}
{{- $search := $v.etl.search | default dict }}
{{- $gen3 := $v.etl.gen3 | default dict }}
{{- $database := $v.etl.database | default dict }}
{{- include "aced-etl.reachable" (dict "root" . "name" "env.ELASTICSEARCH_URL" "url" $v.env.ELASTICSEARCH_URL "rule" "search") }}
{{- include "aced-etl.reachable" (dict "root" . "name" "etl.search.url" "url" (get $search "url") "rule" "search") }}
{{- include "aced-etl.reachable" (dict "root" . "name" "etl.gen3.endpoint" "url" (get $gen3 "endpoint") "rule" "commons") }}
{{- include "aced-etl.reachable" (dict "root" . "name" "env.DICTIONARY_URL" "url" $v.env.DICTIONARY_URL "rule" "commons") }}
{{- include "aced-etl.reachable" (dict "root" . "name" "etl.dictionary" "url" (get $v.etl "dictionary") "rule" "commons") }}
{{- range $name, $port := dict "etl.database.port" (get $database "port") "mounts.sheepdogCreds.values.port" (get $v.mounts.sheepdogCreds.values "port") }}
{{- if $port }}
{{- include "aced-etl.reachable" (dict "root" $ "name" $name "url" (printf "http://postgres:%v" $port) "rule" "postgres") }}
{{- end }}
{{- end }}
{{- if and $v.env.PGSSLMODE (ne $v.mounts.databaseCa.from "none") (not (hasPrefix "verify-" $v.env.PGSSLMODE)) }}
{{- fail (printf "mounts.databaseCa is given, but env.PGSSLMODE is %s, which does not verify the server: use verify-full" $v.env.PGSSLMODE) }}
{{- end }}
{{- if and (ne $v.mounts.databaseCa.from "none") (not $v.env.PGSSLMODE) }}
{{- fail "mounts.databaseCa is given, but env.PGSSLMODE is not: set it to verify-full" }}
{{- end }}
{{- $pairs := list
  (list "S3_BUCKET" "source.bucket" (get $source "bucket"))
  (list "S3_PATH" "source.path" (get $source "path"))
  (list "AWS_PROFILE" "source.profile" (get $source "profile"))
  (list "DICTIONARY_URL" "dictionary" (get $v.etl "dictionary"))
  (list "ELASTICSEARCH_URL" "search.url" (get $search "url")) }}
{{- range $pair := $pairs }}
{{- $set := index $v.env (first $pair) }}
{{- if and $set (last $pair) (ne $set (last $pair)) }}
{{- fail (printf "env.%s is '%s' and etl.%s is '%s'; the environment would win: keep one" (first $pair) $set (index $pair 1) (last $pair)) }}
{{- end }}
{{- end }}
{{- end }}
