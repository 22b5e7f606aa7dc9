{{/*
What is mounted, and where.

/creds is one projected volume, and /creds/sheepdog-creds and ~/.aws are Secrets mounted as folders. The kubelet writes such
a folder anew and then turns its link `..data` in one step, so a rotated key arrives within a minute, whole, and the
program, which reads files when it needs them, goes on with it. A file mounted by subPath would never follow, so there
is none.
*/}}

{{/* The Secret or configMap of one mount: dict root, name (of the mount, as in a Secret's name), mount. */}}
{{- define "aced-etl.sourceName" -}}
{{- if eq .mount.from "values" }}{{ include "aced-etl.fullname" .root }}-{{ .name }}{{ else }}{{ .mount.name }}{{ end }}
{{- end }}

{{/* One file of /creds: dict root, name, mount, file. */}}
{{- define "aced-etl.credsFile" -}}
{{- if ne .mount.from "none" -}}
- {{ ternary "configMap" "secret" (eq .mount.from "configMap") }}:
    name: {{ include "aced-etl.sourceName" . }}
    items: [{key: {{ ternary .file .mount.key (eq .mount.from "values") | quote }}, path: {{ .file }}}]
{{- end }}
{{- end }}

{{/* A Secret or configMap as a folder: dict root, name, mount, volume, files. */}}
{{- define "aced-etl.folder" -}}
{{- if ne .mount.from "none" -}}
- name: {{ .volume }}
  {{- if eq .mount.from "configMap" }}
  configMap:
    name: {{ include "aced-etl.sourceName" . }}
  {{- else }}
  secret:
    secretName: {{ include "aced-etl.sourceName" . }}
  {{- end }}
    defaultMode: 0440
    items:
      {{- range .files }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
{{- end }}

{{/*
Not empty where fence's configuration comes from a Secret: then it may hold fence's own secrets, and an init container
hands on only what the program needs. A ConfigMap is taken as it is.
*/}}
{{- define "aced-etl.extractsFence" -}}
{{- if has .Values.mounts.fenceConfig.from (list "secret" "values") }}yes{{ end }}
{{- end }}

{{/* dict root, name, storage */}}
{{- define "aced-etl.storageVolume" -}}
- name: {{ .name }}
  {{- if eq .storage.type "pvc" }}
  persistentVolumeClaim:
    claimName: {{ .storage.existingClaim | default (printf "%s-%s" (include "aced-etl.fullname" .root) .name) }}
  {{- else if eq .storage.type "hostPath" }}
  hostPath: {path: {{ .storage.hostPath | quote }}, type: Directory}
  {{- else }}
  emptyDir: {sizeLimit: {{ .storage.size }}}
  {{- end }}
{{- end }}

{{- define "aced-etl.volumes" -}}
{{- $mounts := .Values.mounts -}}
- name: creds
  projected:
    defaultMode: 0440
    sources:
      - configMap:
          name: {{ include "aced-etl.fullname" . }}
          items: [{key: etl.yaml, path: etl.yaml}]
      {{- with include "aced-etl.credsFile" (dict "root" . "name" "credentials" "mount" $mounts.credentials "file" "credentials.json") }}{{ nindent 6 . }}{{ end }}
      {{- with include "aced-etl.credsFile" (dict "root" . "name" "user-yaml" "mount" $mounts.userYaml "file" "user.yaml") }}{{ nindent 6 . }}{{ end }}
      {{- if not (include "aced-etl.extractsFence" .) }}
      {{- with include "aced-etl.credsFile" (dict "root" . "name" "fence-config" "mount" $mounts.fenceConfig "file" "fence-config.yaml") }}{{ nindent 6 . }}{{ end }}
      {{- end }}
      {{- with include "aced-etl.credsFile" (dict "root" . "name" "database-ca" "mount" $mounts.databaseCa "file" "database-ca.crt") }}{{ nindent 6 . }}{{ end }}
{{- if include "aced-etl.extractsFence" . }}
# Only the init container has the whole of it.
- name: fence-config-whole
  secret:
    secretName: {{ include "aced-etl.sourceName" (dict "root" . "name" "fence-config" "mount" $mounts.fenceConfig) }}
    defaultMode: 0440
    items: [{key: {{ ternary "fence-config.yaml" $mounts.fenceConfig.key (eq $mounts.fenceConfig.from "values") | quote }}, path: fence-config.yaml}]
- name: fence-config
  emptyDir: {sizeLimit: 16Mi}
{{- end }}
{{- with include "aced-etl.folder" (dict "root" . "name" "sheepdog-creds" "mount" $mounts.sheepdogCreds "volume" "sheepdog-creds" "files" (list "database" "dbcreated" "host" "password" "port" "username")) }}{{ nindent 0 . }}{{ end }}
{{- with include "aced-etl.folder" (dict "root" . "name" "aws" "mount" $mounts.aws "volume" "aws" "files" (list "credentials" "config")) }}{{ nindent 0 . }}{{ end }}
{{- range $name := list "state" "studies" "output" }}
{{ include "aced-etl.storageVolume" (dict "root" $ "name" $name "storage" (index $.Values.storage $name)) }}
{{- end }}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.storage.tmpSize }}}
{{- end }}

{{- define "aced-etl.volumeMounts" -}}
{{- $home := .Values.user.home -}}
- {name: creds, mountPath: /creds, readOnly: true}
{{- if ne .Values.mounts.sheepdogCreds.from "none" }}
# Inside the volume before it: the kubelet makes the folder there for it.
- {name: sheepdog-creds, mountPath: /creds/sheepdog-creds, readOnly: true}
{{- end }}
{{- if include "aced-etl.extractsFence" . }}
- {name: fence-config, mountPath: /creds/fence-config, readOnly: true}
{{- end }}
{{- if ne .Values.mounts.aws.from "none" }}
- {name: aws, mountPath: {{ $home }}/.aws, readOnly: true}
{{- end }}
- {name: state, mountPath: {{ include "aced-etl.stateDir" . }}}
- {name: studies, mountPath: {{ $home }}/studies}
- {name: output, mountPath: {{ $home }}/output}
- {name: tmp, mountPath: /tmp}
{{- end }}
