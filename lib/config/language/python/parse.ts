import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/python";
import { PetageError } from "#lib/base/errors.ts";
import type { Budget } from "#lib/config/language/budget.ts";
import type { SourceText } from "#lib/config/language/source.ts";
import type { Block, Expression, Module, Statement } from "./ast.ts";
import { STRING_OR_COMMENT } from "./literals.ts";
import { childrenOf, splitAt, type NodeList } from "./nodes.ts";
import { ExpressionReader } from "./parse-expression.ts";
import { checkSyntax } from "./syntax-errors.ts";

/** Parses the text of a config. Throws CONFIG_SYNTAX with a position when it is not Python. */
export function parseModule(written: SourceText, budget: Budget): Module {
  const source = completeFloats(written);
  const root = parser.parse(source.text).topNode;
  checkSyntax(root, source);
  return { source, body: new StatementReader(source, budget).block(childrenOf(root)) };
}

const BARE_POINT = /(?<![\w.])(?<digits>\d[\d_]*\.)(?=[eE][-+]?\d|[^\w.]|$)/;
const SCAN = new RegExp(`${STRING_OR_COMMENT.source}|${BARE_POINT.source}`, "g");

/** `1.` written as `1.0`: the parser does not know a float that ends with its point, which configs are full of. */
function completeFloats(source: SourceText): SourceText {
  return source.replace(SCAN, (match) => (match.groups?.["digits"] === undefined ? match[0] : `${match[0]}0`));
}

/** Statements that are Python but not data. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ClassDefinition: "`class`",
    DecoratedStatement: "A decorator",
    TryStatement: "`try`",
    RaiseStatement: "`raise`",
    YieldStatement: "`yield`",
    ScopeStatement: "`global` and `nonlocal`",
    MatchStatement: "`match`",
    TypeDefinition: "`type`",
    WithStatement: "`with`",
  }),
);

class StatementReader {
  readonly #source: SourceText;
  readonly #budget: Budget;
  readonly #expressions: ExpressionReader;

  constructor(source: SourceText, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
    this.#expressions = new ExpressionReader(source, budget);
  }

  block(nodes: NodeList): Block {
    return nodes.flatMap((node) => {
      if (node.name === "StatementGroup") return this.block(childrenOf(node).filter((child) => child.name !== ";"));
      return [this.#budget.nested(() => this.#statement(node))];
    });
  }

  #body(node: SyntaxNode | undefined): Block {
    return node ? this.block(childrenOf(node).slice(1)) : [];
  }

  #statement(node: SyntaxNode): Statement {
    const at = node.from;
    const unsupported = UNSUPPORTED.get(node.name);
    const children = childrenOf(node);
    switch (node.name) {
      case "AssignStatement":
        return this.#assign(node, children);
      case "UpdateStatement": {
        const operator = children.findIndex((child) => child.name === "UpdateOp");
        return {
          kind: "update",
          at,
          target: this.#expressions.list(children.slice(0, operator)),
          operator: this.#text(children[operator] as SyntaxNode).slice(0, -1),
          value: this.#expressions.list(children.slice(operator + 1)),
        };
      }
      case "ExpressionStatement":
        return { kind: "expression", at, value: this.#expressions.list(children) };
      case "DeleteStatement":
        return {
          kind: "delete",
          at,
          targets: splitAt(children.slice(1), ",").map((group) => this.#expressions.list(group)),
        };
      case "PassStatement":
        return { kind: "pass", at };
      case "BreakStatement":
        return { kind: "break", at };
      case "ContinueStatement":
        return { kind: "continue", at };
      case "ReturnStatement":
        return {
          kind: "return",
          at,
          value:
            children.length === 1 ? { kind: "constant", at, value: null } : this.#expressions.list(children.slice(1)),
        };
      case "AssertStatement":
        return this.#assert(at, children);
      case "ImportStatement":
        return this.#import(at, children);
      default:
        return unsupported === undefined || this.#readsBase(node)
          ? this.#compound(node, children)
          : { kind: "unsupported", at, what: unsupported };
    }
  }

  #compound(node: SyntaxNode, children: NodeList): Statement {
    const at = node.from;
    switch (node.name) {
      case "IfStatement":
        return { kind: "if", at, branches: this.#branches(children) };
      case "WhileStatement":
        return {
          kind: "while",
          at,
          test: this.#expressions.read(children[1] as SyntaxNode),
          ...this.#loopBodies(children),
        };
      case "ForStatement":
        return this.#for(at, children);
      case "WithStatement":
        return { kind: "readBase", at, imports: this.#body(children.at(-1)) };
      case "FunctionDefinition": {
        if (children[0]?.name === "async") return { kind: "unsupported", at, what: "`async`" };
        const list = children.find((child) => child.name === "ParamList") as SyntaxNode;
        const name = this.#text(children[1] as SyntaxNode);
        return {
          kind: "function",
          at,
          name,
          parameters: this.#expressions.parameters(childrenOf(list)),
          body: this.#body(children.at(-1)),
        };
      }
      default:
        throw this.#syntaxError(node, `Invalid syntax`);
    }
  }

  #assign(node: SyntaxNode, children: NodeList): Statement {
    const groups = splitAt(
      children.filter((child) => child.name !== "TypeDef"),
      "AssignOp",
    );
    if (groups.length === 1) return { kind: "pass", at: node.from }; // A bare annotation, `x: int`, binds nothing.
    const targets = groups.map((group) => this.#expressions.list(group));
    const value = targets.pop() as Expression;
    for (const target of targets) this.#expressions.checkTarget(target);
    return { kind: "assign", at: node.from, targets, value };
  }

  #assert(at: number, children: NodeList): Statement {
    const [test, message] = splitAt(children.slice(1), ",").map((group) => this.#expressions.list(group));
    return { kind: "assert", at, test: test as NonNullable<typeof test>, ...(message && { message }) };
  }

  #branches(children: NodeList): (Statement & { kind: "if" })["branches"] {
    return children
      .filter((child) => child.name === "Body")
      .map((body) => {
        const condition = body.prevSibling;
        const isElse = !condition || condition.name === "else";
        return { ...(!isElse && { test: this.#expressions.read(condition) }), body: this.#body(body) };
      });
  }

  #loopBodies(children: NodeList): { body: Block; otherwise: Block } {
    const [body, otherwise] = children.filter((child) => child.name === "Body");
    return { body: this.#body(body), otherwise: this.#body(otherwise) };
  }

  #for(at: number, children: NodeList): Statement {
    if (children[0]?.name === "async") return { kind: "unsupported", at, what: "`async`" };
    const split = children.findIndex((child) => child.name === "in");
    const body = children.findIndex((child) => child.name === "Body");
    const target = this.#expressions.list(children.slice(1, split));
    this.#expressions.checkTarget(target);
    return {
      kind: "for",
      at,
      target,
      iterable: this.#expressions.list(children.slice(split + 1, body)),
      ...this.#loopBodies(children),
    };
  }

  #import(at: number, children: NodeList): Statement {
    const split = children.findIndex((child) => child.name === "import");
    const listed = splitAt(
      children.slice(split + 1).filter((child) => child.name !== "(" && child.name !== ")"),
      ",",
    ).map((group) => group.map((node) => this.#text(node)));
    const named = listed.map((words) => {
      const alias = words.indexOf("as");
      return alias < 0
        ? { name: words.join(""), as: undefined }
        : { name: words.slice(0, alias).join(""), as: words[alias + 1] };
    });
    if (split > 0) {
      const module = children
        .slice(1, split)
        .map((node) => this.#text(node))
        .join("");
      return { kind: "importFrom", at, module, names: named.map(({ name, as }) => ({ name, as: as ?? name })) };
    }
    return {
      kind: "import",
      at,
      names: named.map(({ name, as }) => ({ module: name, ...(as !== undefined && { as }) })),
    };
  }

  #readsBase(node: SyntaxNode): boolean {
    return node.name === "WithStatement" && /^with\s+read_base\s*\(\s*\)\s*:/.test(this.#text(node));
  }

  #text(node: SyntaxNode): string {
    return this.#source.text.slice(node.from, node.to);
  }

  #syntaxError(node: SyntaxNode, message: string): PetageError {
    return new PetageError("CONFIG_SYNTAX", message, { position: this.#source.position(node.from) });
  }
}
