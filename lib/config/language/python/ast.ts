import type { SourceText } from "#lib/config/language/source.ts";

/** The part of Python that configs use. `at` is the offset in the source text where a node starts. */
interface Node {
  readonly at: number;
}

export type Constant = null | boolean | bigint | number | string;

export type Expression = Node &
  (
    | { readonly kind: "constant"; readonly value: Constant }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "baseReference"; readonly path: string }
    | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
    | { readonly kind: "starred"; readonly value: Expression }
    | { readonly kind: "dict"; readonly entries: readonly DictItem[] }
    | Comprehension
    | { readonly kind: "unary"; readonly operator: string; readonly operand: Expression }
    | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
    | {
        readonly kind: "logical";
        readonly operator: "and" | "or";
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "compare"; readonly first: Expression; readonly rest: readonly Comparison[] }
    | {
        readonly kind: "conditional";
        readonly test: Expression;
        readonly whenTrue: Expression;
        readonly whenFalse: Expression;
      }
    | { readonly kind: "call"; readonly callee: Expression; readonly args: readonly Argument[] }
    | { readonly kind: "attribute"; readonly object: Expression; readonly name: string }
    | { readonly kind: "subscript"; readonly object: Expression; readonly index: Expression }
    | { readonly kind: "slice"; readonly bounds: readonly (Expression | undefined)[] }
    | { readonly kind: "lambda"; readonly parameters: readonly Parameter[]; readonly body: Expression }
    | { readonly kind: "walrus"; readonly name: string; readonly value: Expression }
    | { readonly kind: "format"; readonly parts: readonly FormatPart[] }
  );

export interface Comprehension {
  readonly kind: "comprehension";
  readonly at: number;
  readonly makes: "list" | "dict" | "generator";
  readonly key?: Expression;
  readonly element: Expression;
  readonly clauses: readonly Clause[];
}

/** `key` is absent for `**mapping`. */
export interface DictItem {
  readonly key?: Expression;
  readonly value: Expression;
}

export interface Comparison {
  readonly operator: string;
  readonly right: Expression;
}

export type Clause =
  | { readonly kind: "for"; readonly target: Expression; readonly iterable: Expression }
  | { readonly kind: "if"; readonly test: Expression };

export interface Argument {
  readonly at: number;
  readonly spread: "" | "*" | "**";
  readonly name?: string;
  readonly value: Expression;
}

export interface Parameter {
  readonly name: string;
  readonly spread: "" | "*" | "**";
  readonly keywordOnly: boolean;
  readonly fallback?: Expression;
}

export type FormatPart =
  | string
  | {
      readonly value: Expression;
      readonly label: string;
      readonly conversion: string;
      readonly spec: readonly FormatPart[];
    };

export type Statement = Node &
  (
    | { readonly kind: "expression"; readonly value: Expression }
    | { readonly kind: "assign"; readonly targets: readonly Expression[]; readonly value: Expression }
    | { readonly kind: "update"; readonly target: Expression; readonly operator: string; readonly value: Expression }
    | { readonly kind: "delete"; readonly targets: readonly Expression[] }
    | { readonly kind: "pass" | "break" | "continue" }
    | { readonly kind: "return"; readonly value: Expression }
    | { readonly kind: "assert"; readonly test: Expression; readonly message?: Expression }
    | { readonly kind: "if"; readonly branches: readonly { readonly test?: Expression; readonly body: Block }[] }
    | { readonly kind: "while"; readonly test: Expression; readonly body: Block; readonly otherwise: Block }
    | {
        readonly kind: "for";
        readonly target: Expression;
        readonly iterable: Expression;
        readonly body: Block;
        readonly otherwise: Block;
      }
    | {
        readonly kind: "function";
        readonly name: string;
        readonly parameters: readonly Parameter[];
        readonly body: Block;
      }
    | { readonly kind: "import"; readonly names: readonly { readonly module: string; readonly as?: string }[] }
    | {
        readonly kind: "importFrom";
        readonly module: string;
        readonly names: readonly { readonly name: string; readonly as: string }[];
      }
    | { readonly kind: "readBase"; readonly imports: readonly Statement[] }
    /** Valid Python that the interpreter refuses, but only if it is reached. */
    | { readonly kind: "unsupported"; readonly what: string }
  );

export type Block = readonly Statement[];

export interface Module {
  readonly source: SourceText;
  readonly body: Block;
}
