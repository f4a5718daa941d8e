/**
 * Printed forms of expressions, as explain and error texts show them (behaviour spec, sql §14.3).
 *
 * A reference to an alias prints the alias's definition, and with it the definitions of all aliases in that one: a text
 * can grow exponentially with the statement. Texts with such references are therefore kept in parts and put together
 * when somebody reads them.
 */

/** A text, or what gives one as soon as it stands in a template or goes through `String`. */
export type ExprText = string | ExpandingText;

/** From this length on a text names further aliases without their definitions. In characters. */
export const longestExpansion = 16_384;

type Part = ExprText | AliasMention;

interface AliasMention {
  readonly alias: string;
  readonly definition: ExprText;
}

/** A text with references to aliases. Nothing that the statement itself says is left out, however long it is. */
export class ExpandingText {
  readonly #parts: readonly Part[];
  #text: string | null = null;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  toString(): string {
    this.#text ??= this.#render(longestExpansion);
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }

  /** With names of aliases in place of their definitions. */
  brief(): string {
    return this.#render(0);
  }

  #render(longest: number): string {
    let text = '';
    // a stack of its own: aliases of aliases may go deeper than calls can
    const left: Part[] = [this];
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      if (typeof part === 'string') text += part;
      else if (part instanceof ExpandingText) left.push(...part.#parts.toReversed());
      else {
        text += `$$alias.${part.alias},aliasRef:`;
        left.push(text.length < longest ? part.definition : '…');
      }
    }
    return text;
  }
}

/** Tag for templates of texts. */
export function exprText(fixed: TemplateStringsArray, ...values: readonly ExprText[]): ExprText {
  const parts: ExprText[] = [];
  fixed.forEach((text, i) => {
    parts.push(text);
    const value = values[i];
    if (value !== undefined) parts.push(value);
  });
  return together(parts);
}

export function joinTexts(texts: readonly ExprText[], separator = ', '): ExprText {
  return together(texts.flatMap((text, i) => (i === 0 ? [text] : [separator, text])));
}

export function aliasText(alias: string, definition: ExprText): ExprText {
  return new ExpandingText([{ alias, definition }]);
}

export function briefText(text: ExprText): string {
  return typeof text === 'string' ? text : text.brief();
}

function together(parts: readonly ExprText[]): ExprText {
  let text = '';
  for (const part of parts) {
    if (typeof part !== 'string') return new ExpandingText(parts);
    // unlike `join` this copies nothing yet: the text of a long condition holds that of each part of it
    text += part;
  }
  return text;
}
