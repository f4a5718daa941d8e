/** A text shown to people, in English and Chinese as the console offers both. */
export interface Localized {
  readonly en: string;
  readonly zh: string;
}
