export const en = {
  botSettings: {
    tab: 'Settings', title: 'How the bot behaves', loading: 'Reading the settings…', save: 'Save', saved: 'Saved. Every server follows within a second.', never: 'Nothing is set yet: the bot is live for everybody.',
    changed: 'Last changed {when}', conflict: 'Somebody saved the settings after you opened them.', loadTheirs: 'Load theirs', unsaved: 'Not saved yet',
    mode: 'Mode', live: 'Live', shadow: 'Shadow', off: 'Off', liveHint: 'The bot answers visitors.', shadowHint: 'The bot decides and notes what it would have said; visitors go straight to people and see nothing of it.', offHint: 'Visitors go straight to people.',
    percent: 'Share of conversations', percentHint: 'The rest goes straight to people. A conversation stays on its side, and raising the share only ever adds some.', percentOf: '{n} % of conversations',
    thresholds: 'When it answers', answer: 'Confidence to answer', clarify: 'Least chance that anything answers', learnt: 'learnt from the articles', learntAt: 'learnt from the articles, now {n} %', fixed: 'as configured, {n} %', own: 'set here', answerHint: 'Below it the bot asks back. The test bench draws what each value costs.', clarifyHint: 'Below it the bot hands over instead of asking back.', toBench: 'See what it costs',
    clarifications: 'Questions back in one episode', clarificationsDefault: 'as configured ({n})', suggest: 'Least confidence of a suggested reply', suggestHint: 'Agents see no suggestion below it. 0 = the default.',
    generator: 'Rewording by a text generator', generatorHint: 'Only if one is configured on the server. Every rewording must pass a check against the article, else the article is said as it stands.',
    gate: 'Publishing', gateOn: 'Working copies need a replay before they are published', gateWorse: 'Answers that may change for the worse', gateHint: 'Of the replayed questions that were looked up, over at least 7 days. The server refuses a publication without a replay of exactly those working copies, or with more.',
    hours: 'Business hours', hoursHint: 'Told to visitors when nobody is there.', hoursOn: 'We have business hours',
  },
}

export const zh: typeof en = {
  botSettings: {
    tab: '设置', title: '机器人的行为', loading: '正在读取设置…', save: '保存', saved: '已保存，所有服务器会在一秒内生效。', never: '尚未设置：机器人对所有人开放。',
    changed: '上次修改：{when}', conflict: '您打开之后，有人保存了新的设置。', loadTheirs: '载入新设置', unsaved: '尚未保存',
    mode: '模式', live: '启用', shadow: '影子', off: '停用', liveHint: '机器人回答访客。', shadowHint: '机器人照常判断并记下本来会说的话；访客直接转人工，什么也看不到。', offHint: '访客直接转人工。',
    percent: '服务的会话比例', percentHint: '其余会话直接转人工。同一个会话不会变来变去，提高比例只会增加会话。', percentOf: '{n} % 的会话',
    thresholds: '何时回答', answer: '回答所需的把握', clarify: '“有答案”的最低可能性', learnt: '从文章中学习', learntAt: '从文章中学习，目前 {n} %', fixed: '按配置，{n} %', own: '在此设定', answerHint: '低于它，机器人会反问。测试台会画出每个取值的代价。', clarifyHint: '低于它，机器人不反问而是转人工。', toBench: '看看代价',
    clarifications: '一轮中最多反问几次', clarificationsDefault: '按配置（{n} 次）', suggest: '建议回复的最低把握', suggestHint: '低于它，客服看不到建议。0 表示默认值。',
    generator: '用文字生成器改写', generatorHint: '仅当服务器配置了生成器。每次改写都要对照文章检查，不通过就原样说出文章内容。',
    gate: '发布', gateOn: '草稿发布前必须先回放', gateWorse: '允许变差的回答', gateHint: '占回放中检索过的问题的比例，至少 7 天。没有对这些草稿做过回放，或变差的超过此值，服务器会拒绝发布。',
    hours: '营业时间', hoursHint: '无人在线时告诉访客。', hoursOn: '我们有营业时间',
  },
}
