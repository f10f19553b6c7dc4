export const en = {
  botTest: {
    tab: 'Test bench', title: 'Test bench', part: 'Part', ask: 'Ask', questions: 'Test questions', threshold: 'Threshold',
    question: 'Question', placeholder: 'What a visitor might ask…', previous: 'Asked before', previousPlaceholder: 'nothing', previousHint: 'One question a line, oldest first: the bot sees them as the visitor’s earlier questions.', language: 'Language', anyLanguage: 'as written', audience: 'Asked by', public: 'anybody', customers: 'a known customer', staff: 'staff', drafts: 'with the working copies', draftsHint: 'As if all {n} working copies were published. The first question takes a few seconds.', noDrafts: 'There are no working copies.',
    run: 'Ask', more: 'More', answer: 'It answers', clarify: 'It asks back', handover: 'It hands over', reply: 'It makes small talk', offers: 'Buttons', took: '{ms} ms', empty: 'Ask something to see what the bot would say, and why.',
    expect: 'What is right?', expectThis: '“{title}”', expectNothing: 'No answer', expectHuman: 'A person', expectClarify: 'A question back', expectTalk: 'Small talk', keep: 'Keep as a test question', kept: 'Kept.',
    add: 'Add a question', saveQuestion: 'Save', cancel: 'Cancel', articleIds: 'Expected article', articleIdsHint: 'Its name, such as refund-time; several joined by | if any of them is right', kind: 'Group', kindHint: 'One word, optional',
    runAll: 'Run all', running: 'Running… {done} of {total}', importFile: 'Import TSV', exportFile: 'Export TSV', imported: '{read} questions read, {added} of them new.', none: 'No test questions yet. Keep one from the test bench or from any “Why?”, or import the file of frontdesk eval.', count: '{n} of at most {most}', notRun: 'not run yet',
    pass: 'right', fail: 'wrong', passed: '{n} right', failed: '{n} wrong', nowPassing: '{n} newly right', nowFailing: '{n} newly wrong', lastRun: 'Last run {when}', noChange: 'Nothing changed since the run before.', expected: 'Expected', got: 'Got', before: 'before', delete: 'Delete', filterAll: 'All', filterFail: 'Wrong', filterChanged: 'Changed', failedRun: 'The run failed: {problem}', importLine: 'The file was not imported: {reason}',
    problem: { model: 'the model does not answer', drafts: 'a working copy was changed meanwhile', too_big: 'the knowledge base is too large to be tried in memory', crashed: 'the server ended during each attempt', internal: 'an internal fault; the server’s log tells more' },
    source: 'Measured on', rehearsal: 'own variants', savedSource: 'test questions', turns: 'visitors’ questions', rehearsalHint: 'Each of {n} question variants of this site’s own articles, asked as if it were not there. They are harder than what visitors ask.', questionsHint: 'The last run of {n} test questions.', turnsHint: '{n} questions of visitors in the last 30 days; of {judged} answers it is known whether they helped.',
    measuring: 'Measuring… this takes as long as learning from the articles.', noCurves: 'Nothing to measure on yet: the articles have too few question variants, and there are no test questions or visitors’ questions.',
    sliderLabel: 'Confidence to answer', at: 'At {t} % it answers {answered} of {n}, of which about {wrong} wrong.', atTurns: 'At {t} % it answers {answered} of {n}; of the {judged} of them with a verdict, {wrong} were wrong.', rest: 'The other {rest} get a question back or a person.',
    now: 'in use now: {t} %', learntAt: 'learnt: {t} %', save: 'Use {t} % here', useLearnt: 'Use what was learnt', savedPolicy: 'In use now. Every server follows within a second.', conflict: 'Somebody saved the settings meanwhile. They were read again: look and save once more.', chart: 'Share answered and share wrong by threshold', axisAnswered: 'answered', axisWrong: 'of them wrong', axisThreshold: 'threshold',
  },
}

export const zh: typeof en = {
  botTest: {
    tab: '测试台', title: '测试台', part: '部分', ask: '提问', questions: '测试问题', threshold: '门槛',
    question: '问题', placeholder: '访客可能会问……', previous: '之前问过', previousPlaceholder: '没有', previousHint: '每行一个问题，最早的在前：机器人会把它们当作访客之前的问题。', language: '语言', anyLanguage: '按内容判断', audience: '提问者', public: '任何人', customers: '已识别的客户', staff: '员工', drafts: '包含草稿', draftsHint: '假设全部 {n} 份草稿都已发布。第一个问题需要几秒钟。', noDrafts: '没有草稿。',
    run: '提问', more: '更多', answer: '它会回答', clarify: '它会反问', handover: '它会转人工', reply: '它会闲聊', offers: '按钮', took: '{ms} 毫秒', empty: '问点什么，看看机器人会怎么说、为什么。',
    expect: '怎样才对？', expectThis: '“{title}”', expectNothing: '不回答', expectHuman: '转人工', expectClarify: '反问', expectTalk: '闲聊', keep: '存为测试问题', kept: '已保存。',
    add: '添加问题', saveQuestion: '保存', cancel: '取消', articleIds: '期望的文章', articleIdsHint: '文章的名字，如 refund-time；若任一都对，用 | 分隔', kind: '分组', kindHint: '一个词，可不填',
    runAll: '全部运行', running: '正在运行…… {done} / {total}', importFile: '导入 TSV', exportFile: '导出 TSV', imported: '读取了 {read} 个问题，其中 {added} 个是新的。', none: '还没有测试问题。可以从测试台或任何“为什么？”里保存，也可以导入 frontdesk eval 的文件。', count: '{n} 个，最多 {most} 个', notRun: '尚未运行',
    pass: '正确', fail: '错误', passed: '{n} 个正确', failed: '{n} 个错误', nowPassing: '{n} 个新变为正确', nowFailing: '{n} 个新变为错误', lastRun: '上次运行：{when}', noChange: '与上一次运行相比没有变化。', expected: '期望', got: '结果', before: '之前', delete: '删除', filterAll: '全部', filterFail: '错误', filterChanged: '有变化', failedRun: '运行失败：{problem}', importLine: '文件未导入：{reason}',
    problem: { model: '模型没有响应', drafts: '有草稿在此期间被修改', too_big: '知识库太大，无法在内存中试运行', crashed: '每次尝试时服务器都中断了', internal: '内部故障，详见服务器日志' },
    source: '测量依据', rehearsal: '自有问法', savedSource: '测试问题', turns: '访客的问题', rehearsalHint: '本站文章的 {n} 个问法，逐个假装不存在再来问。它们比访客的问题更难。', questionsHint: '最近一次运行的 {n} 个测试问题。', turnsHint: '最近 30 天访客的 {n} 个问题；其中 {judged} 个回答已知是否有用。',
    measuring: '正在测量……所需时间与从文章学习相同。', noCurves: '还没有可测量的内容：文章的问法太少，也没有测试问题或访客的问题。',
    sliderLabel: '回答所需的把握', at: '设为 {t} % 时，{n} 个问题回答 {answered} 个，其中约 {wrong} 个答错。', atTurns: '设为 {t} % 时，{n} 个问题回答 {answered} 个；其中有评价的 {judged} 个里，答错 {wrong} 个。', rest: '其余 {rest} 个会反问或转人工。',
    now: '目前使用：{t} %', learntAt: '学到的：{t} %', save: '本站使用 {t} %', useLearnt: '使用学到的值', savedPolicy: '已生效，所有服务器会在一秒内跟上。', conflict: '有人在此期间保存了设置，已重新读取：请看一下再保存。', chart: '不同门槛下的回答比例和错误比例', axisAnswered: '回答', axisWrong: '其中答错', axisThreshold: '门槛',
  },
}
