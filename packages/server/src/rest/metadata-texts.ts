/** Beginnings of error texts in the language of `Content-Language`. Source: behaviour spec, rest-cli-config §4.10. */

const texts = {
  pluginAbsent: { en_US: 'This plugin was not found:', zh_CN: '没有找到这个插件：' },
  typeConversion: { en_US: 'Type conversion failed:', zh_CN: '类型转换错误：' },
  writeFail: { en_US: 'Failed to write data to file:', zh_CN: '写入文件失败：' },
} as const;

/** Empty for a language that is not spoken here. */
export function metadataText(name: keyof typeof texts, headers: Readonly<Record<string, string>>): string {
  const language = (headers['content-language'] ?? 'en_US').replaceAll('-', '_');
  return language === 'en_US' || language === 'zh_CN' ? texts[name][language] : '';
}
