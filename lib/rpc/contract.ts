import type { MethodDefinition } from "@grpc/proto-loader";
import type { ControllerServiceDefinition, ControllerServiceHandlers } from "#proto/petage/v1/ControllerService.ts";
import type { DataLoaderServiceDefinition, DataLoaderServiceHandlers } from "#proto/petage/v1/DataLoaderService.ts";
import type { EvaluatorServiceDefinition, EvaluatorServiceHandlers } from "#proto/petage/v1/EvaluatorService.ts";
import type { InferenceServiceDefinition, InferenceServiceHandlers } from "#proto/petage/v1/InferenceService.ts";
import type { TrainerServiceDefinition, TrainerServiceHandlers } from "#proto/petage/v1/TrainerService.ts";
import type { CallContext } from "./calls.ts";

/** The generated types of each service. */
interface Contract {
  readonly ControllerService: { definition: ControllerServiceDefinition; handlers: ControllerServiceHandlers };
  readonly DataLoaderService: { definition: DataLoaderServiceDefinition; handlers: DataLoaderServiceHandlers };
  readonly EvaluatorService: { definition: EvaluatorServiceDefinition; handlers: EvaluatorServiceHandlers };
  readonly InferenceService: { definition: InferenceServiceDefinition; handlers: InferenceServiceHandlers };
  readonly TrainerService: { definition: TrainerServiceDefinition; handlers: TrainerServiceHandlers };
}

export type ServiceName = keyof Contract;

/** The names that are written out; the generated interfaces also have an index signature. */
type Written<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] } & string;

type Kind<Handler> = Handler extends (...parameters: infer P) => void
  ? P extends [unknown, unknown]
    ? "unary"
    : P extends [{ request: unknown }]
      ? "serverStream"
      : "bidi"
  : never;

type KindOf<N extends ServiceName, M extends string> = Kind<Contract[N]["handlers"][M]>;

/** What a service implements: async functions and async generators, named as the RPCs in lower camel case. */
export type Implementation<N extends ServiceName> = {
  readonly [M in Written<Contract[N]["definition"]> as Uncapitalize<M>]: ServerMethod<
    Contract[N]["definition"][M],
    KindOf<N, M>
  >;
};

type ServerMethod<Definition, K> =
  Definition extends Pick<
    MethodDefinition<never, infer Response, infer Request>,
    "requestDeserialize" | "responseSerialize"
  >
    ? K extends "unary"
      ? (request: Request, context: CallContext) => Promise<Response>
      : K extends "serverStream"
        ? (request: Request, context: CallContext) => AsyncIterable<Response>
        : (requests: AsyncIterable<Request>, context: CallContext) => AsyncIterable<Response>
    : never;

/** What a caller may say of one call. */
export interface CallOptions {
  /** Longest time for the whole call. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** What a caller sees: the same names; every failure is a `PetageError`. Disposing closes the connection. */
export type Client<N extends ServiceName> = AsyncDisposable & {
  readonly [M in Written<Contract[N]["definition"]> as Uncapitalize<M>]: ClientMethod<
    Contract[N]["definition"][M],
    KindOf<N, M>
  >;
};

type ClientMethod<Definition, K> =
  Definition extends Pick<
    MethodDefinition<infer Request, never, never, infer Response>,
    "requestSerialize" | "responseDeserialize"
  >
    ? K extends "unary"
      ? (request: Request, options?: CallOptions) => Promise<Response>
      : K extends "serverStream"
        ? (request: Request, options?: CallOptions) => AsyncIterable<Response>
        : (requests: AsyncIterable<Request> | Iterable<Request>, options?: CallOptions) => AsyncIterable<Response>
    : never;
