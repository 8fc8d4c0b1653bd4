import type { SyntaxNode } from "@lezer/common";
import { PetageError } from "#lib/base/errors.ts";
import type { Budget } from "#lib/config/language/budget.ts";
import type { SourceText } from "#lib/config/language/source.ts";
import type { Argument, Clause, Comparison, DictItem, Expression, Parameter } from "./ast.ts";
import { parseNumber } from "./literals.ts";
import { childrenOf, splitAt, type NodeList } from "./nodes.ts";
import { BASE_VARIABLE, StringReader } from "./parse-string.ts";

const COMPARISONS = new Set(["<", ">", "<=", ">=", "==", "!=", "in", "not in", "is", "is not"]);

/** Turns nodes of the parser into expressions. */
export class ExpressionReader {
  readonly #source: SourceText;
  readonly #budget: Budget;
  readonly #strings: StringReader;

  constructor(source: SourceText, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
    this.#strings = new StringReader(source, (nodes) => this.list(nodes));
  }

  /** `a`, `a, b` or `*a, b`: the last two make a tuple. */
  list(nodes: NodeList): Expression {
    const groups = splitAt(nodes, ",");
    const [only] = groups;
    const at = nodes[0]?.from ?? 0;
    if (groups.length === 1 && only?.length === 1 && nodes.length === 1) return this.read(only[0] as SyntaxNode);
    return { kind: "tuple", at, items: groups.map((group) => this.#element(group)) };
  }

  read(node: SyntaxNode): Expression {
    return this.#budget.nested(() => this.#read(node));
  }

  #read(node: SyntaxNode): Expression {
    const at = node.from;
    const children = childrenOf(node);
    const inner = children.slice(1, -1);
    switch (node.name) {
      case "VariableName":
        return { kind: "name", at, name: this.#text(node) };
      case "Number":
        return { kind: "constant", at, value: this.#number(node) };
      case "Boolean":
        return { kind: "constant", at, value: this.#text(node) === "True" };
      case "None":
        return { kind: "constant", at, value: null };
      case "String":
      case "FormatString":
      case "ContinuedString":
        return this.#strings.read(node.name === "ContinuedString" ? children : [node]);
      case "ParenthesizedExpression":
        return this.#element(inner);
      case "TupleExpression":
        return { kind: "tuple", at, items: splitAt(inner, ",").map((group) => this.#element(group)) };
      case "ArrayExpression":
        return { kind: "list", at, items: splitAt(inner, ",").map((group) => this.#element(group)) };
      case "DictionaryExpression":
        return { kind: "dict", at, entries: splitAt(inner, ",").map((group) => this.#dictItem(group)) };
      case "SetExpression":
        return this.#set(node);
      default:
        return this.#operation(node, children);
    }
  }

  #operation(node: SyntaxNode, children: NodeList): Expression {
    const at = node.from;
    const [first, second, third, , fifth] = children as SyntaxNode[];
    switch (node.name) {
      case "ArrayComprehensionExpression":
        return this.#comprehension(at, "list", children.slice(1, -1));
      case "DictionaryComprehensionExpression":
        return this.#comprehension(at, "dict", children.slice(1, -1));
      case "ComprehensionExpression":
        return this.#comprehension(at, "generator", children.slice(1, -1));
      case "UnaryExpression":
        if (first?.name === "not") return this.#logical(node);
        return {
          kind: "unary",
          at,
          operator: this.#text(first as SyntaxNode),
          operand: this.read(second as SyntaxNode),
        };
      case "BinaryExpression":
        return this.#binary(node, children);
      case "ConditionalExpression":
        return {
          kind: "conditional",
          at,
          test: this.read(third as SyntaxNode),
          whenTrue: this.read(first as SyntaxNode),
          whenFalse: this.read(fifth as SyntaxNode),
        };
      case "CallExpression":
        return {
          kind: "call",
          at,
          callee: this.read(first as SyntaxNode),
          args: this.#arguments(childrenOf(second as SyntaxNode).slice(1, -1)),
        };
      case "MemberExpression":
        return this.#member(at, children);
      case "NamedExpression":
        return { kind: "walrus", at, name: this.#text(first as SyntaxNode), value: this.read(third as SyntaxNode) };
      case "LambdaExpression":
        return {
          kind: "lambda",
          at,
          parameters: this.parameters(childrenOf(second as SyntaxNode)),
          body: this.read(children.at(-1) as SyntaxNode),
        };
      default:
        throw this.#unsupported(node);
    }
  }

  parameters(nodes: NodeList): Parameter[] {
    const groups = splitAt(
      nodes.filter(({ name }) => name !== "(" && name !== ")" && name !== "TypeDef"),
      ",",
    );
    let keywordOnly = false;
    return groups.flatMap((group) => {
      const spread = group[0]?.name === "*" || group[0]?.name === "**" ? group[0].name : "";
      const nameNode = group[spread ? 1 : 0];
      const isKeywordOnly = keywordOnly;
      if (spread === "*") keywordOnly = true;
      if (!nameNode || nameNode.name === "/") return [];
      const fallback = group[0]?.name === "VariableName" && group[2] ? { fallback: this.read(group[2]) } : {};
      return [{ name: this.#text(nameNode), spread, keywordOnly: isKeywordOnly, ...fallback } as const];
    });
  }

  /** Throws CONFIG_SYNTAX when a value cannot stand left of `=`. */
  checkTarget(target: Expression): void {
    if (target.kind === "name" || target.kind === "attribute" || target.kind === "subscript") return;
    if (target.kind === "starred") return this.checkTarget(target.value);
    if (target.kind === "tuple" || target.kind === "list")
      return target.items.forEach((item) => this.checkTarget(item));
    throw this.#syntaxError(
      target.at,
      "Cannot assign to this expression",
      "Use `==` to compare, or give a name left of `=`",
    );
  }

  #element(group: NodeList): Expression {
    const [first, second] = group;
    if (first?.name === "*" && second) return { kind: "starred", at: first.from, value: this.read(second) };
    if (!first) throw this.#syntaxError(0, "Invalid syntax: an element is missing");
    return this.read(first);
  }

  #dictItem(group: NodeList): DictItem {
    const [first, second, third] = group;
    if (first?.name === "**" && second) return { value: this.read(second) };
    return { key: this.read(first as SyntaxNode), value: this.read(third as SyntaxNode) };
  }

  #set(node: SyntaxNode): Expression {
    const reference = new RegExp(`^${BASE_VARIABLE.source}$`).exec(this.#text(node));
    if (reference) return { kind: "baseReference", at: node.from, path: reference[1] ?? "" };
    throw this.#unsupported(node);
  }

  #number(node: SyntaxNode): bigint | number {
    const text = this.#text(node);
    if (/j$/i.test(text) && !/^0x/i.test(text)) throw this.#unsupported(node);
    const value = parseNumber(text);
    if (value === undefined) throw this.#syntaxError(node.from, `\`${text}\` is not a number in Python`);
    if (typeof value === "bigint") this.#budget.integer(text.length * 3);
    return value;
  }

  #binary(node: SyntaxNode, children: NodeList): Expression {
    const left = children[0] as SyntaxNode;
    const operator = this.#operator(children);
    if (COMPARISONS.has(operator)) return this.#compare(node);
    if (operator === "and" || operator === "or") return this.#logical(node);
    const operands = { left: this.read(left), right: this.read(children.at(-1) as SyntaxNode) };
    return { kind: "binary", at: node.from, operator, ...operands };
  }

  /**
   * `and`, `or` and `not` by Python's precedence. The parser lets `not` take in an `or` that follows, so that only the
   * order of its leaves can be trusted.
   */
  #logical(node: SyntaxNode): Expression {
    const leaves = this.#leaves(node);
    const any = (): Expression => this.#chain(leaves, "or", all);
    const all = (): Expression => this.#chain(leaves, "and", one);
    const one = (): Expression => {
      const leaf = leaves.shift() as SyntaxNode;
      return leaf.name === "not" ? { kind: "unary", at: leaf.from, operator: "not", operand: one() } : this.read(leaf);
    };
    return any();
  }

  #chain(leaves: SyntaxNode[], operator: "and" | "or", operand: () => Expression): Expression {
    let left = operand();
    while (leaves[0]?.name === operator) {
      leaves.shift();
      left = { kind: "logical", at: left.at, operator, left, right: operand() };
    }
    return left;
  }

  /** Operands and operators of a logical expression, from left to right. */
  #leaves(node: SyntaxNode): SyntaxNode[] {
    const children = childrenOf(node);
    const operator = children[node.name === "UnaryExpression" ? 0 : 1]?.name ?? "";
    const isLogical =
      /^(Unary|Binary)Expression$/.test(node.name) && /^(and|or|not)$/.test(operator) && children.length < 4;
    return isLogical ? this.#budget.nested(() => children.flatMap((child) => this.#leaves(child))) : [node];
  }

  /** `a < b < c` is one comparison in Python; the parser nests it to the left. */
  #compare(node: SyntaxNode): Expression {
    const rest: Comparison[] = [];
    let left = node;
    for (
      let children = childrenOf(left);
      left.name === "BinaryExpression" && COMPARISONS.has(this.#operator(children));
      children = childrenOf(left)
    ) {
      rest.unshift({ operator: this.#operator(children), right: this.read(children.at(-1) as SyntaxNode) });
      left = children[0] as SyntaxNode;
    }
    return { kind: "compare", at: node.from, first: this.read(left), rest };
  }

  #operator(children: NodeList): string {
    return children
      .slice(1, -1)
      .map((child) => this.#text(child))
      .join(" ");
  }

  #member(at: number, children: NodeList): Expression {
    const object = this.read(children[0] as SyntaxNode);
    if (children[1]?.name === ".")
      return { kind: "attribute", at, object, name: this.#text(children[2] as SyntaxNode) };
    const inside = children.slice(2, -1);
    if (!inside.some(({ name }) => name === ":")) return { kind: "subscript", at, object, index: this.list(inside) };
    if (inside.some(({ name }) => name === ","))
      throw this.#syntaxError(at, "Slices of several dimensions need an array, which configs do not have");
    const bounds = this.#bounds(inside);
    return { kind: "subscript", at, object, index: { kind: "slice", at, bounds } };
  }

  #bounds(inside: NodeList): (Expression | undefined)[] {
    const bounds: (Expression | undefined)[] = [undefined];
    for (const node of inside) {
      if (node.name === ":") bounds.push(undefined);
      else bounds[bounds.length - 1] = this.read(node);
    }
    return bounds;
  }

  #arguments(nodes: NodeList): Argument[] {
    const args = splitAt(nodes, ",").map((group) => this.#argument(group));
    const names = new Set<string>();
    for (const { name, at, spread } of args) {
      if (name !== undefined && names.has(name))
        throw this.#syntaxError(at, `Keyword argument \`${name}\` is repeated`);
      if (name !== undefined) names.add(name);
      else if (spread === "" && names.size > 0)
        throw this.#syntaxError(at, "A positional argument follows keyword arguments", "Write `name=value`");
    }
    return args;
  }

  #argument(group: NodeList): Argument {
    const [first, second, third] = group as [SyntaxNode, SyntaxNode?, SyntaxNode?];
    const at = first.from;
    if ((first.name === "*" || first.name === "**") && second)
      return { at, spread: first.name, value: this.read(second) };
    if (second?.name === "for") return { at, spread: "", value: this.#comprehension(at, "generator", group) };
    if (second?.name !== "AssignOp" || !third) return { at, spread: "", value: this.read(first) };
    if (this.#text(second) === ":=")
      return { at, spread: "", value: { kind: "walrus", at, name: this.#text(first), value: this.read(third) } };
    return { at, spread: "", name: this.#text(first), value: this.read(third) };
  }

  #comprehension(at: number, makes: "list" | "dict" | "generator", nodes: NodeList): Expression {
    const start = nodes.findIndex(({ name }) => name === "for" || name === "async");
    const head = nodes.slice(0, start);
    const clauses = this.#clauses(nodes.slice(start));
    if (makes !== "dict") return { kind: "comprehension", at, makes, element: this.#element(head), clauses };
    const { key, value } = this.#dictItem(head);
    if (!key) throw this.#syntaxError(at, "`**` cannot stand in a dict comprehension");
    return { kind: "comprehension", at, makes, key, element: value, clauses };
  }

  #clauses(nodes: NodeList): Clause[] {
    const starts = nodes.flatMap(({ name }, index) => (name === "for" || name === "if" ? [index] : []));
    if (nodes.some(({ name }) => name === "async")) throw this.#unsupported(nodes[0] as SyntaxNode);
    return starts.map((start, index): Clause => {
      const clause = nodes.slice(start + 1, starts[index + 1]);
      if (nodes[start]?.name === "if") return { kind: "if", test: this.read(clause[0] as SyntaxNode) };
      const split = clause.findIndex(({ name }) => name === "in");
      const target = this.list(clause.slice(0, split));
      this.checkTarget(target);
      return { kind: "for", target, iterable: this.read(clause[split + 1] as SyntaxNode) };
    });
  }

  #unsupported(node: SyntaxNode): PetageError {
    const text = this.#text(node).slice(0, 40);
    return new PetageError("CONFIG_UNSUPPORTED", `\`${text}\` is not supported in a config`, {
      position: this.#source.position(node.from),
      hint: "Configs have no sets, bytes, complex numbers or coroutines; lists and dicts serve instead",
    });
  }

  #syntaxError(at: number, message: string, hint?: string): PetageError {
    return new PetageError("CONFIG_SYNTAX", message, {
      position: this.#source.position(at),
      ...(hint !== undefined && { hint }),
    });
  }

  #text(node: SyntaxNode): string {
    return this.#source.text.slice(node.from, node.to);
  }
}
