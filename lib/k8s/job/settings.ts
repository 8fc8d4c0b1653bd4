/** What a cluster gives to every job: values of the chart, which the controller gets as its environment. */
export interface JobSettings {
  /** Image of the pods of jobs that name none. */
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly pullSecrets: readonly string[];
  /** What the pods run as towards the API server: it can do nothing. */
  readonly serviceAccount: string;
  /** The release; its NetworkPolicies and its controller know their pods by it. */
  readonly instance: string;
  /** Undefined leaves the choice to the platform. */
  readonly runAsUser: number | undefined;
  readonly fsGroup: number | undefined;
  /** Without credentials: nats://host:port */
  readonly natsUrl: string;
  /** Secret with `worker-password`; undefined where NATS asks for none. */
  readonly natsSecret: string | undefined;
  /** Claim that jobs see as data/ unless they name one. */
  readonly dataClaim: string;
  /** Claim that jobs see as work_dirs/. */
  readonly outputClaim: string;
}
