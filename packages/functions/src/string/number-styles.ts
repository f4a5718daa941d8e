/** How locales group and point numbers, as `format` prints them. Source: behaviour spec, functions §11. */
export interface NumberStyle {
  readonly group: string;
  readonly decimal: string;
  readonly minus: string;
  /** The digit 0; the other digits follow it in Unicode. */
  readonly zero: string;
  /** Groups of two digits above the first three. */
  readonly indianGroups: boolean;
}

const english = { group: ',', decimal: '.' };
const german = { group: '.', decimal: ',' };
const french = { group: '\u00a0', decimal: ',' };
const swiss = { group: '\u2019', decimal: '.' };

const localesByStyle: readonly [{ readonly group: string; readonly decimal: string }, string][] = [
  [
    english,
    'ar_AE ar_BH ar_EG ar_IQ ar_JO ar_KW ar_OM ar_QA ar_SA ar_SD ar_SY ar_YE en_AU en_CA en_GB en_IN en_NZ en_PH en_US ' +
      'en_ZW es_DO es_GT es_HN es_MX es_NI es_PA es_PE es_PR es_SV es_US gu_IN he_IL hi_IN ja_JP ko_KR mn_MN ms_MY ' +
      'no_NO ta_IN te_IN th_TH ur_PK zh_CN zh_HK zh_TW',
  ],
  [
    german,
    'ar_DZ ar_LB ar_LY ar_MA ar_TN ca_ES da_DK de_BE de_DE de_LU el_GR es_AR es_BO es_CL es_CO es_EC es_ES es_PY es_UY ' +
      'es_VE eu_ES fo_FO fr_LU gl_ES hr_HR id_ID is_IS it_IT mk_MK nl_BE nl_NL pt_BR ro_RO sl_SI sr_RS tr_TR vi_VN',
  ],
  [
    french,
    'be_BY bg_BG cs_CZ de_AT en_ZA es_CR et_EE fi_FI fr_BE fr_CA fr_CH fr_FR hu_HU lt_LT lv_LV nb_NO pl_PL pt_PT ru_RU ' +
      'ru_UA sk_SK sq_AL sv_FI sv_SE uk_UA',
  ],
  [swiss, 'de_CH it_CH rm_CH'],
];

/** Locales that write a minus sign instead of a hyphen. */
const minusSign = new Set('et_EE eu_ES fi_FI fo_FO hr_HR lt_LT nb_NO rm_CH sl_SI sv_FI sv_SE'.split(' '));
const indianGroups = new Set('en_IN gu_IN hi_IN ta_IN te_IN'.split(' '));

const styles = new Map<string, NumberStyle>();
for (const [marks, locales] of localesByStyle) {
  for (const locale of locales.split(' ')) {
    const minus = minusSign.has(locale) ? '\u2212' : '-';
    styles.set(locale, { ...marks, minus, zero: '0', indianGroups: indianGroups.has(locale) });
  }
}
styles.set('ar_IN', { group: '\u066c', decimal: '\u066b', minus: '-', zero: '\u0660', indianGroups: false });

/** The style of `ll_CC` or `ll-CC`; an unknown pair that looks like a locale is written like English. */
export function findNumberStyle(locale: string): NumberStyle | undefined {
  const parts = /^([A-Za-z]{2})[_-]([A-Za-z]{2})$/.exec(locale);
  if (parts === null) return undefined;
  const name = `${parts[1]?.toLowerCase()}_${parts[2]?.toUpperCase()}`;
  return styles.get(name) ?? { ...english, minus: '-', zero: '0', indianGroups: false };
}
