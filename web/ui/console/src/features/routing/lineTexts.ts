/** What the workbench needs of routing's words on every page; those of its own pages are in texts.ts. */
export const en = {
  route: {
    title: 'Routing', sections: 'Parts of routing', tabQueue: 'Live queue', tabAgents: 'Agents', tabTeams: 'Teams', tabRules: 'Rules', tabSimulate: 'Simulator',
    off: 'The router is switched off on this server (routing.enabled): conversations wait until somebody takes them by hand.', loading: 'Reading…', site: 'Site', refresh: 'Read again', saved: 'Saved. It counts from now on.', unsaved: 'Not saved yet', save: 'Save',
    conflict: 'Somebody saved the rules after you opened them.', loadTheirs: 'Load theirs', changed: 'Version {version}, changed {when} by {who}', never: 'As delivered: nobody has changed the rules yet.', leave: 'There are unsaved changes. Leave anyway?',
    time: { s: '{n} s', min: '{n} min', minS: '{n} min {s} s', h: '{n} h', hMin: '{n} h {m} min' },
    level: 'Level {n}', skillAt: '{name} {level}', vip: 'VIP', anyLanguage: 'all languages', language: { 'zh-CN': 'Chinese', en: 'English' }, channel: { chat: 'Chat', ticket: 'Tickets' },
    more: 'and {n} more', none: 'none', aTeam: 'a team',
  },
  routeWhy: {
    why: 'Why?', nextStep: 'less is asked for in {time}', order: 'In this order', cannot: 'These cannot',
    strategy: { rules: 'Rules for what comes in', vip: 'VIPs go first', overflow: 'Overflow', returned: 'Not back to who gave it away', hours: 'Working hours', team: 'Team', language: 'Language', skills: 'Skills', sticky: 'Whom they talked to last', skill_step: 'Closest in skill', spare_experts: 'Spare the experts', least_load: 'Least loaded', least_recent: 'Least work lately', longest_idle: 'Longest idle' },
    title: 'Why {name}', show: 'Why {name}?', hide: 'Hide', passed: 'Why not the others', candidates: '{n} could take it', reserved: 'was asked first and accepted', countsMore: '{n} × {what}', notYet: 'Why nobody has it yet', noneFits: 'Nobody can take it now.', soon: 'It is about to be given to {name}.',
    reason: {
      only: 'the only one who could take it', decided: '{text}', waited: 'waited {time}', step: 'step {value} of {of} of the overflow', vip: 'VIP', priority: 'priority {value}', team: 'in {text}', language: 'speaks {text}', skill: '{text}: level {value}, {of} needed', sticky: 'talked with them before', load: '{value} of {of} in hand', recent: 'work of the last five minutes: {value}', idle: 'unchanged for {time}', spare: '{value} levels more than needed', rule: 'rule “{text}”',
    },
    reject: {
      site: 'works for other sites', department: 'works for other departments', presence: 'is {text}', excluded: 'gave it back or declined it', rests: 'is being read again, a moment', hours: 'outside of working hours', team: 'is not in {text}', language: 'does not speak {text}', skill: '{text}: level {value} of {of}', full: 'full: {value} of {of} in hand', channel: 'full: {text} {value} of {of}', waits: 'it is kept for them, {time} left', outranked: 'could take it; “{text}” prefers another', queue: 'could take it; {value} wait before',
    },
    count: { site: 'of other sites', department: 'of other departments', presence: 'not online', excluded: 'gave it back or declined', rests: 'being read again', hours: 'outside of hours', team: 'not in the team', language: 'other languages', skill: 'without the skill', full: 'full', channel: 'full on this channel', waits: 'kept for another', outranked: 'could take it', queue: 'others first' },
  },
  status: {
    title: 'Status', online: 'Online', away: 'Away', invisible: 'Invisible', onlineHint: 'The router gives you conversations.', awayHint: 'You keep yours and get no new ones.', invisibleHint: 'You work; colleagues see you as away, and the router gives you nothing.', why: 'Why away (optional)', whyHint: 'Colleagues and admins see it', load: 'You have {active} of {cap}', loadOf: '{channel}: {active} of {cap}', full: 'You are full: nothing new comes by itself.', offHand: 'The router is off: take conversations from “Waiting”.',
    reason: { break: 'Break', lunch: 'Lunch', meeting: 'Meeting', training: 'Training', paperwork: 'Follow-up work' },
  },
}

export const zh: typeof en = {
  route: {
    title: '分配', sections: '分配设置', tabQueue: '实时队列', tabAgents: '客服', tabTeams: '团队', tabRules: '规则', tabSimulate: '模拟',
    off: '此服务器已关闭自动分配（routing.enabled）：会话会一直等待，直到有人手动接待。', loading: '正在读取…', site: '站点', refresh: '重新读取', saved: '已保存，即刻生效。', unsaved: '尚未保存', save: '保存',
    conflict: '您打开之后，有人保存了新的规则。', loadTheirs: '载入新规则', changed: '版本 {version}，{who} 修改于 {when}', never: '出厂设置：还没有人修改过规则。', leave: '有未保存的修改，确定离开吗？',
    time: { s: '{n} 秒', min: '{n} 分钟', minS: '{n} 分 {s} 秒', h: '{n} 小时', hMin: '{n} 小时 {m} 分' },
    level: '{n} 级', skillAt: '{name} {level}', vip: 'VIP', anyLanguage: '所有语言', language: { 'zh-CN': '中文', en: '英文' }, channel: { chat: '会话', ticket: '工单' },
    more: '另有 {n} 个', none: '无', aTeam: '某个团队',
  },
  routeWhy: {
    why: '为什么？', nextStep: '{time}后放宽要求', order: '先后顺序', cannot: '以下人员不行',
    strategy: { rules: '进入队列的规则', vip: 'VIP 优先', overflow: '溢出', returned: '不再给退回的人', hours: '工作时间', team: '团队', language: '语言', skills: '技能', sticky: '上次接待的人', skill_step: '技能最接近', spare_experts: '留住专家', least_load: '负荷最低', least_recent: '近期工作最少', longest_idle: '空闲最久' },
    title: '为什么是 {name}', show: '为什么是 {name}？', hide: '收起', passed: '为什么不是其他人', candidates: '{n} 人可以接待', reserved: '先询问并已接受', countsMore: '{n} × {what}', notYet: '为什么还没有人接待', noneFits: '现在没有人可以接待。', soon: '即将分配给 {name}。',
    reason: {
      only: '只有此人可以接待', decided: '{text}', waited: '等待了 {time}', step: '溢出第 {value} 步（共 {of} 步）', vip: 'VIP', priority: '优先级 {value}', team: '属于 {text}', language: '会说{text}', skill: '{text}：{value} 级，需要 {of} 级', sticky: '之前接待过', load: '在手 {value} / {of}', recent: '最近五分钟的工作量：{value}', idle: '{time}没有变化', spare: '比要求高 {value} 级', rule: '规则“{text}”',
    },
    reject: {
      site: '负责其他站点', department: '负责其他部门', presence: '{text}', excluded: '退回或拒绝过', rests: '状态正在重新读取，请稍候', hours: '不在工作时间', team: '不在 {text}', language: '不会{text}', skill: '{text}：{value} 级，需要 {of} 级', full: '已满：在手 {value} / {of}', channel: '已满：{text} {value} / {of}', waits: '为其保留，剩余 {time}', outranked: '可以接待；“{text}”选了别人', queue: '可以接待；前面还有 {value} 个',
    },
    count: { site: '其他站点', department: '其他部门', presence: '不在线', excluded: '退回或拒绝过', rests: '正在重新读取', hours: '不在工作时间', team: '不在团队中', language: '语言不符', skill: '没有该技能', full: '已满', channel: '该渠道已满', waits: '为他人保留', outranked: '可以接待', queue: '前面有人' },
  },
  status: {
    title: '状态', online: '在线', away: '离开', invisible: '隐身', onlineHint: '系统会给您分配会话。', awayHint: '保留手中的会话，不再接新的。', invisibleHint: '您可以工作，同事看到您为“离开”，系统不会分配会话。', why: '离开原因（选填）', whyHint: '同事和管理员可见', load: '在手 {active} / {cap}', loadOf: '{channel}：{active} / {cap}', full: '您已满：不会自动接到新会话。', offHand: '自动分配已关闭：请从“排队中”接待。',
    reason: { break: '休息', lunch: '午餐', meeting: '开会', training: '培训', paperwork: '处理后续' },
  },
}
