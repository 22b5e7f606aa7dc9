{{/* The Job of both CronJobs: dict root, args. */}}
{{- define "aced-etl.jobTemplate" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "aced-etl.labels" .root | nindent 4 }}
spec:
  backoffLimit: {{ $values.jobs.backoffLimit }}
  activeDeadlineSeconds: {{ $values.jobs.activeDeadlineSeconds }}
  ttlSecondsAfterFinished: {{ $values.jobs.ttlSecondsAfterFinished }}
  podFailurePolicy:
    rules:
      # A drained node is nobody's fault and costs no try.
      - action: Ignore
        onPodConditions: [{type: DisruptionTarget, status: "True"}]
      # Left for another try are exit code 5, a service went away, and a kill: the next run goes on where this one was.
      # All others would come again: a fault, configuration, input, permission, items that failed for good, a refusal,
      # another run that holds the project.
      - action: FailJob
        onExitCodes: {operator: In, values: [1, 2, 3, 4, 6, 7, 8, 9]}
        onPodConditions: []  # the schema of older versions asks for it
  template:
    metadata:
      labels:
        {{- include "aced-etl.podLabels" .root | nindent 8 }}
        app.kubernetes.io/component: job
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      # The program ends within 10 s of SIGTERM and leaves each project as before or as after.
      terminationGracePeriodSeconds: 30
      {{- include "aced-etl.podSpec" .root | nindent 6 }}
      containers:
        - name: aced-etl
          args: {{ toJson .args }}
          {{- include "aced-etl.container" .root | nindent 10 }}
{{- end }}
