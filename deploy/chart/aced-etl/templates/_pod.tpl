{{/* What every pod has in common. */}}

{{- define "aced-etl.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .Values.user.uid }}
runAsGroup: {{ .Values.user.gid }}
fsGroup: {{ .Values.user.gid }}
# A large volume is not walked at each start.
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "aced-etl.env" -}}
- {name: HOME, value: {{ .Values.user.home }}}
- {name: TMPDIR, value: /tmp}
- {name: ACED_ETL_STATE_DIR, value: {{ include "aced-etl.stateDir" . }}}
{{- if include "aced-etl.extractsFence" . }}
- {name: ACED_ETL_FENCE_CONFIG, value: /creds/fence-config/fence-config.yaml}
{{- end }}
{{- if ne .Values.mounts.databaseCa.from "none" }}
- {name: PGSSLROOTCERT, value: /creds/database-ca.crt}
{{- else if hasPrefix "verify-" .Values.env.PGSSLMODE }}
# The authorities that the image knows.
- {name: PGSSLROOTCERT, value: /etc/ssl/certs/ca-certificates.crt}
{{- end }}
{{- if not (hasKey .Values.etl "threads") }}
# The cores that this container may use; the program by itself would see those of the node.
- {name: ACED_ETL_THREADS, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "1"}}}
{{- end }}
{{- range $name, $value := .Values.env }}
{{- if and $value (not (and (eq $name "AWS_PROFILE") (eq $.Values.mounts.aws.from "none"))) }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "aced-etl.confined" -}}
image: {{ include "aced-etl.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* A container, but for its name and what it runs. */}}
{{- define "aced-etl.container" -}}
{{- include "aced-etl.confined" . }}
env:
  {{- include "aced-etl.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  {{- include "aced-etl.volumeMounts" . | nindent 2 }}
{{- end }}

{{/* A pod's spec, but for its containers. */}}
{{- define "aced-etl.podSpec" -}}
serviceAccountName: {{ include "aced-etl.serviceAccount" . }}
# The program asks nothing of the Kubernetes API. A role's token is mounted all the same.
automountServiceAccountToken: false
securityContext:
  {{- include "aced-etl.podSecurityContext" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if include "aced-etl.extractsFence" . }}
initContainers:
  - name: fence-config
    {{- include "aced-etl.confined" . | nindent 4 }}
    command:
      - sh
      - -c
      - |
        {{- .Files.Get "files/fence-extract.sh" | trim | nindent 8 }}
      - fence-extract
      - /fence-config/whole/fence-config.yaml
      - /fence-config/extract/fence-config.yaml
    env:
      - {name: TMPDIR, value: /fence-config/extract}
    resources:
      requests: {cpu: 50m, memory: 64Mi}
      limits: {cpu: 500m, memory: 256Mi}
    volumeMounts:
      - {name: fence-config-whole, mountPath: /fence-config/whole, readOnly: true}
      - {name: fence-config, mountPath: /fence-config/extract}
{{- end }}
{{- if .Values.affinity }}
affinity:
  {{- toYaml .Values.affinity | nindent 2 }}
{{- else if include "aced-etl.oneNode" . }}
# A ReadWriteOnce volume is on one node at a time: where one of our pods runs, the others go. The first may go anywhere.
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "aced-etl.selector" . | nindent 12 }}
{{- end }}
volumes:
  {{- include "aced-etl.volumes" . | nindent 2 }}
{{- end }}

{{/* Not empty where a volume holds all pods on one node. */}}
{{- define "aced-etl.oneNode" -}}
{{- range $name := list "state" "studies" "output" }}
{{- $storage := index $.Values.storage $name }}
{{- if and (eq $storage.type "pvc") (eq $storage.accessMode "ReadWriteOnce") }}yes{{ end }}
{{- end }}
{{- end }}

{{- define "aced-etl.podLabels" -}}
{{ include "aced-etl.selector" . }}
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
