{{/* Names, labels and the parts that all pods share. */}}

{{- define "petage.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters, so that suffixes fit into the 63 of a Service's name, which has no dots either. */}}
{{- define "petage.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "petage.name" .) .Release.Name }}
{{- .Release.Name | replace "." "-" | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "petage.name" .) | replace "." "-" | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/*
Argument: list of the root and of the component. Here and below, what users name is quoted: YAML would take a release
named 1234567 or 12345e6, as a commit may be, for a number.
*/}}
{{- define "petage.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "petage.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "petage.labels" -}}
{{- $root := index . 0 -}}
{{ include "petage.selectorLabels" . }}
app.kubernetes.io/part-of: petage
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Without versions: a pod is not made anew because the chart is a newer one. */}}
{{- define "petage.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "petage.selectorLabels" . }}
app.kubernetes.io/part-of: petage
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An image by its tag or its digest. Argument: list of the repository and of either. */}}
{{- define "petage.imageReference" -}}
{{ index . 0 }}{{ hasPrefix "sha256:" (index . 1) | ternary "@" ":" }}{{ index . 1 }}
{{- end }}

{{- define "petage.image" -}}
{{ include "petage.imageReference" (list .Values.image.repository (.Values.image.tag | default .Chart.AppVersion)) }}
{{- end }}

{{- define "petage.jobImage" -}}
{{ include "petage.ownImage" (list . .Values.jobs.image) }}
{{- end }}

{{- define "petage.inferenceImage" -}}
{{ include "petage.ownImage" (list . .Values.inference.image) }}
{{- end }}

{{/* An image of its own, or what it has of the release's. Argument: list of the root and of the image's values. */}}
{{- define "petage.ownImage" -}}
{{- $root := index . 0 -}}
{{- $own := index . 1 -}}
{{- $repository := $own.repository | default $root.Values.image.repository -}}
{{- $tag := $own.tag | default $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{ include "petage.imageReference" (list $repository $tag) }}
{{- end }}

{{/* CPU and memory of inference, with its GPUs. */}}
{{- define "petage.inferenceResources" -}}
{{- $gpu := .Values.inference.gpu -}}
{{- $own := ternary (dict "limits" (dict $gpu.resourceName (int $gpu.count))) (dict) (gt (int $gpu.count) 0) -}}
{{ toYaml (merge $own (deepCopy .Values.inference.resources)) }}
{{- end }}

{{/* Pod Security "restricted", for the pod and for each container. */}}
{{- define "petage.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.security.runAsUser }}
runAsUser: {{ int64 . }}
{{- end }}
{{- with .Values.security.fsGroup }}
fsGroup: {{ int64 . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "petage.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where a pod of the release's own images may run. Argument: list of the root and of the component's values. */}}
{{- define "petage.ownPlacement" -}}
{{- $values := index . 1 -}}
{{- $selector := deepCopy $values.nodeSelector -}}
{{- with (index . 0).Values.arch }}{{ $selector = merge $selector (dict "kubernetes.io/arch" .) }}{{ end -}}
{{- include "petage.placement" (set (deepCopy $values) "nodeSelector" $selector) }}
{{- end }}

{{/* Where a pod may run. Argument: the component's values. */}}
{{- define "petage.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ quote . }}
{{- end }}
{{- end }}

{{- define "petage.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ quote . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The command of a service: sources run as they are, in the image's own folder. */}}
{{- define "petage.command" -}}
[node, --import, tsx, services/{{ . }}/main.ts]
{{- end }}

{{/* gRPC health: the process alone, then all of its services. */}}
{{- define "petage.probes" -}}
{{- $port := .Values.tls.enabled | ternary 50052 50051 -}}
startupProbe:
  grpc: { port: {{ $port }}, service: liveness }
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  grpc: { port: {{ $port }}, service: liveness }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  grpc: { port: {{ $port }} }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{- define "petage.environment" -}}
- { name: PETAGE_HOST, value: 0.0.0.0 }
- { name: PETAGE_PORT, value: "50051" }
- { name: PETAGE_METRICS_PORT, value: "9464" }
- { name: PETAGE_LOG, value: json }
- { name: PETAGE_LOG_LEVEL, value: {{ .Values.log.level }} }
- { name: PETAGE_ROOT, value: /var/lib/petage }
{{- if include "petage.auth" . }}
- { name: PETAGE_TOKENS_FILE, value: /etc/petage-auth/tokens }
{{- end }}
{{- if .Values.tls.enabled }}
- { name: PETAGE_TLS_CERT, value: /etc/petage-tls/tls.crt }
- { name: PETAGE_TLS_KEY, value: /etc/petage-tls/tls.key }
- { name: PETAGE_TLS_CA, value: /etc/petage-tls/ca.crt }
- { name: PETAGE_TLS_REQUIRE_CLIENT, value: {{ .Values.tls.requireClientCertificates | quote }} }
- { name: PETAGE_HEALTH_PORT, value: "50052" }
{{- end }}
{{- end }}

{{/* Of the time that a pod of inference has to end: until nobody calls it any more, and the rest, to answer what it has accepted. */}}
{{- define "petage.preStopSeconds" -}}
{{- min 5 (div .Values.inference.terminationGracePeriodSeconds 3) -}}
{{- end }}
{{- define "petage.drainSeconds" -}}
{{- $rest := sub (int .Values.inference.terminationGracePeriodSeconds) (include "petage.preStopSeconds" . | int) -}}
{{- max 1 (sub $rest 2) -}}
{{- end }}

{{/* Whether callers are asked who they are: where certificates are checked, they are. Empty for no. */}}
{{- define "petage.auth" -}}
{{- if or .Values.auth.enabled .Values.tls.enabled -}}true{{- end -}}
{{- end }}

{{- define "petage.tlsSecret" -}}
{{ .Values.tls.existingSecret | default (printf "%s-tls" (include "petage.fullname" .)) }}
{{- end }}

{{- define "petage.workerTlsSecret" -}}
{{ .Values.tls.existingWorkerSecret | default (printf "%s-worker-tls" (include "petage.fullname" .)) }}
{{- end }}

{{- define "petage.tokensSecret" -}}
{{ .Values.auth.existingSecret | default (printf "%s-tokens" (include "petage.fullname" .)) }}
{{- end }}

{{- define "petage.jobSecret" -}}
{{ .Values.auth.existingJobSecret | default (printf "%s-job-key" (include "petage.fullname" .)) }}
{{- end }}

{{/* Every name by which the services are called, as JSON. */}}
{{- define "petage.tlsNames" -}}
{{- $names := list "localhost" -}}
{{- range list "controller" "inference" "inference-pods" -}}
{{- $service := printf "%s-%s" (include "petage.fullname" $) . -}}
{{- $inside := printf "%s.%s" $service $.Release.Namespace -}}
{{- $names = concat $names (list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside)) -}}
{{- end -}}
{{- concat $names .Values.tls.names | toJson -}}
{{- end }}

{{- define "petage.securityMounts" -}}
{{- if include "petage.auth" . }}
- { name: auth, mountPath: /etc/petage-auth, readOnly: true }
{{- end }}
{{- if .Values.tls.enabled }}
- { name: tls, mountPath: /etc/petage-tls, readOnly: true }
{{- end }}
{{- end }}

{{- define "petage.securityVolumes" -}}
{{- if include "petage.auth" . }}
- name: auth
  secret: { secretName: {{ include "petage.tokensSecret" . | quote }} }
{{- end }}
{{- if .Values.tls.enabled }}
- name: tls
  secret: { secretName: {{ include "petage.tlsSecret" . | quote }} }
{{- end }}
{{- end }}

{{/* How a Service says what its port speaks. */}}
{{- define "petage.appProtocol" -}}
{{ .Values.tls.enabled | ternary "https" "kubernetes.io/h2c" }}
{{- end }}

{{- define "petage.dataClaim" -}}
{{ .Values.storage.data.existingClaim | default (printf "%s-data" (include "petage.fullname" .)) }}
{{- end }}

{{- define "petage.outputClaim" -}}
{{ .Values.storage.output.existingClaim | default (printf "%s-output" (include "petage.fullname" .)) }}
{{- end }}

{{- define "petage.natsName" -}}
{{ include "petage.fullname" . }}-nats
{{- end }}

{{/* Where the pods of jobs log in, without credentials. */}}
{{- define "petage.natsUrl" -}}
{{- if .Values.nats.enabled -}}
nats://{{ include "petage.natsName" . }}.{{ .Release.Namespace }}:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end -}}
{{- end }}

{{/* Secret with the passwords; empty for an existing NATS that asks for none. */}}
{{- define "petage.natsSecret" -}}
{{- if .Values.nats.auth.existingSecret -}}
{{ .Values.nats.auth.existingSecret }}
{{- else if .Values.nats.enabled -}}
{{ include "petage.natsName" . }}
{{- end -}}
{{- end }}

{{/* Whose jobs the controller runs, as it is told. */}}
{{- define "petage.watchNamespaces" -}}
{{- if .Values.controller.watchAllNamespaces -}}
*
{{- else -}}
{{- include "petage.ownNamespaces" . }}
{{- end -}}
{{- end }}

{{/* Namespaces in which the release has objects for the pods of jobs, split by commas. */}}
{{- define "petage.ownNamespaces" -}}
{{- .Values.controller.watchNamespaces | default (list .Release.Namespace) | uniq | join "," }}
{{- end }}

{{/* What pods of jobs run as: in namespaces that the release does not know there is none of its own. */}}
{{- define "petage.jobServiceAccount" -}}
{{- if .Values.controller.watchAllNamespaces -}}
default
{{- else -}}
{{ include "petage.fullname" . }}-worker
{{- end -}}
{{- end }}

{{/* What the controller may do with jobs and their pods, wherever those are. */}}
{{- define "petage.jobRules" -}}
- apiGroups: [petage.dev]
  resources: [trainingjobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [petage.dev]
  resources: [trainingjobs/status]
  verbs: [patch]
# Owners that block their deletion must be ones that the controller may finalize.
- apiGroups: [petage.dev]
  resources: [trainingjobs/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, patch, delete, deletecollection]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create]
- apiGroups: [""]
  resources: [events]
  verbs: [get, create, patch]
# Gangs, by whichever of them the cluster has.
- apiGroups: [scheduling.k8s.io, scheduling.volcano.sh, scheduling.x-k8s.io]
  resources: [podgroups, workloads]
  verbs: [create, delete]
{{- if .Values.controller.kueue }}
# A job in a queue of Kueue is a Workload, which Kueue admits and the controller begins, ends and takes away.
- apiGroups: [kueue.x-k8s.io]
  resources: [workloads]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [kueue.x-k8s.io]
  resources: [workloads/status]
  verbs: [patch]
{{- end }}
{{- end }}
