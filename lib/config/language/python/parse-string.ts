import type { SyntaxNode } from "@lezer/common";
import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { SourceText } from "#lib/config/language/source.ts";
import type { Expression, FormatPart } from "./ast.ts";
import { splitString, unescape } from "./literals.ts";
import { childrenOf, type NodeList } from "./nodes.ts";

export const BASE_VARIABLE = /\{\{\s*_base_\.([\w.]+)\s*\}\}/;

/** Turns string literals and f-strings into expressions. */
export class StringReader {
  readonly #source: SourceText;
  readonly #readList: (nodes: NodeList) => Expression;

  constructor(source: SourceText, readList: (nodes: NodeList) => Expression) {
    this.#source = source;
    this.#readList = readList;
  }

  /** The value of adjacent literals, which Python joins. */
  read(literals: NodeList): Expression {
    const at = literals[0]?.from ?? 0;
    const parts = literals.flatMap((node) => this.#stringParts(node));
    const texts = parts.filter((part) => typeof part === "string");
    if (texts.length === parts.length) return { kind: "constant", at, value: texts.join("") };
    return { kind: "format", at, parts };
  }

  #stringParts(node: SyntaxNode): FormatPart[] {
    const literal = this.#text(node);
    const shape = splitString(literal);
    if (!shape) throw this.#notClosed(node);
    if (shape.bytes) throw unsupportedBytes(this.#source.position(node.from));
    const reference = BASE_VARIABLE.exec(literal);
    if (reference) throw this.#referenceInString(node, reference);
    const decode = (content: string): string => (shape.raw ? content : this.#atNode(node, () => unescape(content)));
    if (node.name === "String") return [decode(literal.slice(shape.start, shape.end))];
    const replacements = childrenOf(node).filter(({ name }) => name === "FormatReplacement");
    return this.#formatParts(replacements, node.from + shape.start, node.from + shape.end, (text) =>
      decode(text.replaceAll("{{", "{").replaceAll("}}", "}")),
    );
  }

  #formatParts(replacements: NodeList, from: number, to: number, decode: (text: string) => string): FormatPart[] {
    const parts: FormatPart[] = [];
    let end = from;
    for (const node of replacements) {
      parts.push(decode(this.#source.text.slice(end, node.from)), this.#replacement(node, decode));
      end = node.to;
    }
    parts.push(decode(this.#source.text.slice(end, to)));
    return parts.filter((part) => part !== "");
  }

  #replacement(node: SyntaxNode, decode: (text: string) => string): FormatPart {
    const children = childrenOf(node);
    const tail = ["FormatSelfDoc", "FormatConversion", "FormatSpec", "}"];
    const end = children.findIndex(({ name }) => tail.includes(name));
    const shown = children.find(({ name }) => name === "FormatSelfDoc");
    const conversion = children.find(({ name }) => name === "FormatConversion");
    const spec = children.find(({ name }) => name === "FormatSpec");
    const label = shown ? this.#source.text.slice(node.from + 1, shown.to) : "";
    return {
      value: this.#readList(children.slice(1, end < 0 ? undefined : end)),
      label,
      conversion: conversion ? this.#text(conversion).slice(1) : label && !spec ? "r" : "",
      spec: spec
        ? this.#formatParts(
            childrenOf(spec).filter(({ name }) => name === "FormatReplacement"),
            spec.from + 1,
            spec.to,
            decode,
          )
        : [],
    };
  }

  #referenceInString(node: SyntaxNode, match: RegExpExecArray): PetageError {
    const position = this.#source.position(node.from + match.index);
    return new PetageError("CONFIG_EVALUATION", `${match[0]} stands inside a string, where it cannot be replaced`, {
      position,
      hint: `Write it without quotes for the whole value, or f"...{_base_.${match[1]}}..." for a part of a string`,
    });
  }

  #atNode<T>(node: SyntaxNode, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw PetageError.from(error).retold({ position: this.#source.position(node.from) });
    }
  }

  #notClosed(node: SyntaxNode): PetageError {
    return new PetageError("CONFIG_SYNTAX", "The string is not closed", {
      position: this.#source.position(node.from),
      hint: "Close it with the same quotes that open it",
    });
  }

  #text(node: SyntaxNode): string {
    return this.#source.text.slice(node.from, node.to);
  }
}

function unsupportedBytes(position: SourcePosition): PetageError {
  return new PetageError("CONFIG_UNSUPPORTED", "Bytes (b'...') are not supported in a config", {
    position,
    hint: "Write a str",
  });
}
