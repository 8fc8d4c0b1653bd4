/** A pod of one container, for tests on a cluster. */
export interface TestPod {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly gpus?: number;
  /** The PodGroup that it is scheduled with. */
  readonly group?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** More of the container's fields. */
  readonly container?: object;
  readonly volumes?: readonly object[];
}

/** The manifest of a pod, as the `restricted` Pod Security Standard wants it. */
export function podManifest(pod: TestPod): object {
  const { name, image = "docker.io/local/busybox:1", command, gpus = 0, group, annotations = {}, labels = {} } = pod;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", annotations, labels },
    spec: {
      ...(group !== undefined && { schedulingGroup: { podGroupName: group } }),
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
      volumes: pod.volumes ?? [],
      containers: [
        {
          name: "main",
          image,
          ...(command !== undefined && { command }),
          ...(gpus > 0 && { resources: { limits: { "nvidia.com/gpu": String(gpus) } } }),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          ...pod.container,
        },
      ],
    },
  };
}

/** A group of pods of which at least so many are scheduled together or none. */
export function podGroupManifest(name: string, minCount: number): object {
  return {
    apiVersion: "scheduling.k8s.io/v1beta1",
    kind: "PodGroup",
    metadata: { name, namespace: "default" },
    spec: { schedulingPolicy: { gang: { minCount } } },
  };
}

/** What tests read of a pod. */
export interface PodStatus {
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly state: {
        readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message?: string };
      };
    }[];
  };
}
