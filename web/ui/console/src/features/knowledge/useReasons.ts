import { useI18n } from 'vue-i18n'

/** What the server says is wrong with a file, and how it is said in Chinese; $1, $2 are the parts in parentheses. */
const chinese: readonly [RegExp, string][] = [
  [/^"(\w+)" is empty$/, '$1 为空'],
  [/^"(\w+)" is missing$/, '缺少 $1'],
  [/^"(\w+)" is longer than (\d+) (?:characters|bytes)$/, '$1 超过 $2 个字符'],
  [/^"(\w+)" has more than (\d+) entries$/, '$1 超过 $2 条'],
  [/^"(\w+)" entry (\d+) is empty$/, '$1 的第 $2 条为空'],
  [/^"(\w+)" entry (\d+) is longer than (\d+) characters$/, '$1 的第 $2 条超过 $3 个字符'],
  [/^"(\w+)" entry (\d+) is empty or longer than (\d+) characters$/, '$1 的第 $2 条为空或超过 $3 个字符'],
  [/^"locale" (".*") is neither "zh-CN" nor "en"$/, 'locale $1 既不是 zh-CN 也不是 en'],
  [/^"audience" (".*") is neither .*$/, 'audience $1 应为 public、customers 或 staff'],
  [/^"floor" (".*") is no number between 0 and 1$/, 'floor $1 不是 0 到 1 之间的数'],
  [/^"floor" must lie between 0 and 1$/, 'floor 应在 0 到 1 之间'],
  [/^"handover" (".*") is neither true nor false$/, 'handover $1 应为 true 或 false'],
  [/^"(\w+)" (".*") is no time: write (\S+)$/, '$1 $2 不是时间，请写成 $3'],
  [/^id (".*") in (\S+) already stands (?:at|on) (.+)$/, '$2 的编号 $1 已出现在：$3'],
  [/^unknown field (".*?")(?::.*)?$/, '未知字段 $1'],
  [/^there is no column "(\w+)": the first row must name the columns (.+)$/, '缺少 $1 列：第一行应写列名 $2'],
  [/^column (".*") stands twice$/, '列 $1 出现了两次'],
  [/^column (".*") was left out: .*$/, '略过了列 $1：不认识的列名'],
  [/^the row has more cells than the header has columns$/, '这一行的单元格比表头的列多'],
  [/^sheet (".*") was left out: .*$/, '略过了工作表 $1：第一行没有列名'],
  [/^the file was read as (\S+)$/, '文件按 $1 编码读取'],
  [/^malformed JSON.*$/, 'JSON 格式不正确'],
  [/^not a JSON object$/, '不是 JSON 对象'],
  [/^not valid UTF-8$/, '不是有效的 UTF-8'],
  [/^the text is not UTF-8: .*$/, '文本不是 UTF-8：请另存为 UTF-8（Excel 中选“CSV UTF-8”），或存为 .xlsx'],
  [/^the file is empty.*$/, '文件是空的'],
  [/^a JSON list: .*$/, '这是 JSON 列表：请每行写一篇文章，不要外层的 [ ] 和逗号（JSONL）'],
  [/^an old or encrypted Office file: .*$/, '旧版或加密的 Office 文件：请另存为 .xlsx 或 .docx，且不要设密码'],
  [/^a kind of file that cannot be imported; .*$/, '无法导入这种文件；可用 JSONL、CSV、XLSX、Markdown（.md 或 .zip）、HTML、PDF 和 DOCX'],
  [/^a damaged zip file$/, '压缩文件已损坏'],
  [/^a zip file without Markdown files .*$/, '压缩文件中没有 Markdown（.md）文件'],
  [/^the file's path leads out of the folder$/, '文件路径越出了文件夹'],
  [/^the front matter has no end: .*$/, '文件头没有结束：缺少一行 ---'],
  [/^there is no article in it$/, '其中没有文章'],
  [/^there is no text in it; .*$/, '其中没有文字；如果是扫描件，请先做文字识别（OCR）'],
  [/^the PDF is damaged.*$/, 'PDF 已损坏、加密，或读取时占用内存过多；请重新打印成新的 PDF 再试'],
  [/^the (?:file|document|workbook) is damaged.*$/, '文件已损坏'],
  [/^the (?:file|PDF) unpacks to more than (\d+) MB$/, '文件解压后超过 $1 MB'],
  [/^it leads to an address inside the server's own network; .*$/, '它指向服务器内网的地址；如确有需要，请用 egress_allow 放开'],
  [/^it leads to another website: (.+)$/, '它跳转到了另一个网站：$1'],
  [/^there is no such website$/, '没有这个网站'],
  [/^the website did not answer in time$/, '网站没有及时响应'],
  [/^the website cannot be reached$/, '无法连接网站'],
  [/^the website answered with status (\d+)$/, '网站返回了状态 $1'],
  [/^the website's robots.txt forbids .*$/, '网站的 robots.txt 不允许读取'],
  [/^it is no web page, but "(.*)"$/, '不是网页，而是 $1'],
  [/^this is no address of a page.*$/, '这不是网页地址，请写成 https://example.com/help'],
  [/^no page could be read: .*$/, '没有能读取的页面'],
  [/^there are (\d+) more pages: the limit is (\d+)$/, '还有 $1 个页面：上限是 $2'],
  [/^(\S+) was left out: (.+)$/, '略过了 $1：$2'],
  [/^(\S+) has no text without scripts$/, '$1 不运行脚本就没有文字'],
  [/^(".*") in (\S+) was left alone: somebody is at work on it$/, '$2 的 $1 未改动：有人正在编辑'],
  [/^more than (\d+) articles: .*$/, '超过 $1 篇文章：请拆成几个文件'],
]

const places: readonly [RegExp, string][] = [
  [/^line (\d+)$/, '第 $1 行'],
  [/^sheet "(.*)", row (\d+)$/, '工作表“$1”第 $2 行'],
  [/^(".*"), line (\d+)$/, '$1 第 $2 行'],
  [/^(.+), page (\d+)$/, '$1，第 $2 页'],
]

const fields: Record<string, string> = {
  title: '标题', questions: '问法', answer: '答案', tags: '标签', audience: '受众', floor: '最低置信度', handover: '转人工', next: '下一步', owner: '负责人', review_at: '复审时间', expires_at: '过期时间', department: '部门',
}

/** A sentence of the server's by a table of patterns; as it is where none fits. */
export function translated(table: readonly [RegExp, string][], said: string): string {
  for (const [pattern, text] of table) {
    const found = pattern.exec(said)
    if (found) return text.replace(/\$(\d)/g, (_, n: string) => translated(table, found[Number(n)] ?? ''))
  }
  return said
}

/** Says the server's words about a file in the reader's language. */
export function useReasons() {
  const { locale } = useI18n()
  const inChinese = () => locale.value === 'zh-CN'
  return {
    reason: (said: string) => inChinese() ? translated(chinese, said) : said,
    place: (said: string) => inChinese() ? translated(places, said) : said,
    field: (name: string) => inChinese() ? fields[name] ?? name : name.replace('_', ' '),
  }
}
