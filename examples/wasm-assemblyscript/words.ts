// Functions for rules in AssemblyScript: texts are strings of its own.

/** Letters and digits in lower case, dashes between. */
export function slug(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const upper = code >= 65 && code <= 90;
    if ((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || upper) {
      out += String.fromCharCode(upper ? code + 32 : code);
    } else if (out.length > 0 && !out.endsWith('-')) out += '-';
  }
  return out.endsWith('-') ? out.slice(0, out.length - 1) : out;
}

export function isPalindrome(text: string): bool {
  for (let i = 0, j = text.length - 1; i < j; i++, j--) {
    if (text.charCodeAt(i) != text.charCodeAt(j)) return false;
  }
  return true;
}

export function mean(a: f64, b: f64): f64 {
  return (a + b) / 2;
}

export function firstWord(text: string): string {
  const end = text.indexOf(' ');
  if (end == 0) throw new Error('the text begins with a blank');
  return end < 0 ? text : text.slice(0, end);
}
