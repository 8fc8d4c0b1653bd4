import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { fullName } from "./protos.ts";
import type { ServiceName } from "./contract.ts";

/** The name that answers for the process alone: true as long as its main thread runs, and it does not say otherwise. */
const LIVENESS = "liveness";
/** The name that answers for all services of the server together. */
const OVERALL = "";

/** Health (grpc.health.v1) of the services of one server, kept by the standard's implementation. */
export class Health {
  readonly #health = new HealthImplementation({ [LIVENESS]: "SERVING" });
  /** Whether each service lets the whole server be ready. */
  readonly #ready = new Map<ServiceName, boolean>();

  /** @param ready whether the server counts as ready as far as this service goes */
  set(service: ServiceName, serving: boolean, ready = serving): void {
    this.#ready.set(service, ready);
    this.#health.setStatus(fullName(service), serving ? "SERVING" : "NOT_SERVING");
    const all = [...this.#ready.values()].every(Boolean);
    this.#health.setStatus(OVERALL, all ? "SERVING" : "NOT_SERVING");
  }

  /** Whether the process can still do its work; where it cannot, whoever watches over it should start it again. */
  setAlive(alive: boolean): void {
    this.#health.setStatus(LIVENESS, alive ? "SERVING" : "NOT_SERVING");
  }

  /** Every service stops serving. */
  stop(): void {
    for (const service of this.#ready.keys()) this.set(service, false);
  }

  addTo(server: Server, streams: OpenStreams): void {
    this.#health.addToServer(streams.watched(server));
  }
}

type Stream = ServerDuplexStream<unknown, unknown>;

/** Streams of the standard services: nothing in them ends a watch, and one open watch would hold up every shutdown. */
export class OpenStreams {
  readonly #open = new Set<Stream>();

  /** A server that remembers the streams of what is added to it. */
  watched(server: Server): Server {
    const addService = (definition: ServiceDefinition, implementation: UntypedServiceImplementation): void => {
      const streaming = Object.entries(definition).filter(([, method]) => method.responseStream);
      const watched = streaming.map(([name, method]) => {
        const key = name in implementation ? name : (method.originalName ?? name);
        const handler = implementation[key] as (call: Stream) => void;
        return [key, (call: Stream) => (this.#remember(call), handler.call(implementation, call))];
      });
      server.addService(definition, {
        ...implementation,
        ...(Object.fromEntries(watched) as UntypedServiceImplementation),
      });
    };
    // Both packages use `addService` alone.
    return { addService } as Pick<Server, "addService"> as Server;
  }

  #remember(call: Stream): void {
    this.#open.add(call);
    call.once("close", () => this.#open.delete(call));
    call.once("cancelled", () => this.#open.delete(call));
  }

  end(): void {
    for (const call of this.#open) call.end();
  }
}
