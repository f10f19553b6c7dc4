export const en = {
  botReplay: {
    tab: 'Replay', title: 'Replay', hint: 'Puts the questions of the last days to the bot again, with working copies or other thresholds in place, and shows whose answer would change. Nobody is told anything.',
    days: 'Questions of', dayCount: 'the last {n} days', with: 'With', nothing: 'what is published now (against what was said then)', allDrafts: 'all {n} working copies published', oneDraft: '“{article}” ({locale}) published', answer: 'Confidence to answer', asSet: 'as set', tried: '{n} %',
    start: 'Replay', cancel: 'Cancel', waiting: 'Waiting for its turn…', running: '{done} of {total} questions', preparing: 'Learning from the articles as they would be…', cancelled: 'Cancelled.', failed: 'The replay failed: {problem}.',
    problem: { model: 'the model does not answer', drafts: 'a working copy was changed, published or cannot be published as it is', too_big: 'the knowledge base is too large to be tried in memory', crashed: 'the server ended during each attempt', internal: 'an internal fault; the server’s log tells more' },
    asked: 'asked', changed: 'changed', answered: 'newly answered', handedOver: 'newly handed over', askedBack: 'newly asked back', otherArticle: 'other article', worse: 'for the worse',
    none: 'Nothing would change.', noneAsked: 'There is no question to replay in these days.', now: 'as it is now', then: 'as it was then', skipped: '{n} turns were left out: buttons, or of before the whole trace was stored.', left: '{n} older ones were left out.', took: '{n} s', relearnt: 'Head and thresholds were learnt from the articles as they would be.',
    of: '{n} of {total}', more: 'More', all: 'All', onlyWorse: 'For the worse', history: 'Earlier replays', historyRow: '{when}: {asked} asked, {changed} changed', empty: 'No replay yet.', open: 'Open the conversation', worseMark: 'worse',
    action: { answer: 'answered', clarify: 'asked back', handover: 'handed over', reply: 'small talk' }, sure: '{n} %',
    needed: 'A replay of exactly these working copies must come before publishing here; at most {n} % of the answers may change for the worse.', before: 'Replay before publishing', pass: 'May be published: {n} % changed for the worse.', refuse: 'May not be published: {n} % changed for the worse, at most {most} % may.', full: 'Show all changes',
  },
}

export const zh: typeof en = {
  botReplay: {
    tab: '回放', title: '回放', hint: '把最近几天的问题在草稿已发布或换用其他门槛的情况下再问一遍机器人，看看哪些回答会改变。不会打扰任何人。',
    days: '问题范围', dayCount: '最近 {n} 天', with: '条件', nothing: '现在已发布的内容（对比当时所说）', allDrafts: '全部 {n} 份草稿已发布', oneDraft: '“{article}”（{locale}）已发布', answer: '回答所需的把握', asSet: '按现有设置', tried: '{n} %',
    start: '开始回放', cancel: '取消', waiting: '等待中……', running: '{done} / {total} 个问题', preparing: '正在从将要发布的文章中学习……', cancelled: '已取消。', failed: '回放失败：{problem}。',
    problem: { model: '模型没有响应', drafts: '有草稿被修改、发布，或目前无法发布', too_big: '知识库太大，无法在内存中试运行', crashed: '每次尝试时服务器都中断了', internal: '内部故障，详见服务器日志' },
    asked: '个问题', changed: '个改变', answered: '个新回答', handedOver: '个新转人工', askedBack: '个新反问', otherArticle: '个换了文章', worse: '个变差',
    none: '不会有任何变化。', noneAsked: '这几天没有可回放的问题。', now: '现在', then: '当时', skipped: '略过 {n} 轮：按钮操作，或在保存完整依据之前。', left: '略过了更早的 {n} 个。', took: '{n} 秒', relearnt: '排序与门槛是从将要发布的文章中重新学来的。',
    of: '{n} / {total}', more: '更多', all: '全部', onlyWorse: '变差的', history: '以往的回放', historyRow: '{when}：{asked} 个问题，{changed} 个改变', empty: '还没有回放。', open: '打开会话', worseMark: '变差',
    action: { answer: '回答', clarify: '反问', handover: '转人工', reply: '闲聊' }, sure: '{n} %',
    needed: '本站发布前必须先对这些草稿做一次回放；最多允许 {n} % 的回答变差。', before: '发布前先回放', pass: '可以发布：{n} % 变差。', refuse: '不能发布：{n} % 变差，最多允许 {most} %。', full: '查看全部变化',
  },
}
