import type en from './en.ts'

const zh: typeof en = {
  nav: { inbox: '会话', knowledge: '知识库', bot: '机器人', main: '主导航', account: '账户与设置' },
  account: {
    signedInAs: '已登录：{name}',
    presence: '状态', online: '在线', away: '离开', invisible: '隐身', offline: '离线',
    language: '语言', scheme: '外观', system: '跟随系统', light: '浅色', dark: '深色',
    enter: '回车键（Ctrl+回车总是发送）', enterSends: '发送', modEnterSends: '换行',
    signOut: '退出登录', stay: '留下', signOutHolding: '您手上还有 {n} 个会话 | 您手上还有 {n} 个会话', signOutHoldingMore: '退出后，它们会立即回到队首，由其他客服接待。',
  },
  common: {
    save: '保存', cancel: '取消', close: '关闭', retry: '重试', back: '返回', loading: '加载中…', more: '加载更多', search: '搜索', all: '全部',
    none: '无', remove: '移除', add: '添加', discard: '撤回',
  },
  problem: {
    offline: '无法连接服务器。', unauthenticated: '请重新登录。', forbidden: '您没有权限执行此操作。', notFound: '内容已不存在。',
    stale: '有人先您一步，状态已变化。', tooMany: '尝试过于频繁，请稍候。', invalid: '请检查输入内容。', internal: '出了点问题，请再试一次。',
  },
  connection: { waiting: '连接已断开，正在重试…', refused: '登录已失效。', now: '立即重试', kept: '回复会保留，恢复后自动发送。' },
  entry: {
    signIn: '登录', setup: '设置 Frontdesk', email: '电子邮箱', password: '密码', name: '您的姓名', wrong: '邮箱或密码不正确。',
    signInLine: '欢迎回来，访客正在服务台另一侧等您。',
    setupLine: '只需两分钟：选择语言，创建第一个管理员。',
    create: '创建账户并登录', passwordRule: '至少 8 个字符。', tokenMissing: '请通过服务器启动时打印的一次性地址打开此页。',
    tokenBad: '该地址已被使用或已过期，请重启服务器以获取新地址。', done: 'Frontdesk 已完成设置。', toSignIn: '前往登录', showPassword: '显示密码', hidePassword: '隐藏密码',
    motto: '每个问题，都有答案——或有人接待。', p1: '毫秒级回答，来自您自己的文章', p2: '人工客服始终只差一步', p3: '运行在自己的服务器上，数据不外流',
  },
  view: { queue: '排队中', mine: '我的', bot: '机器人接待', human: '人工接待', resolved: '已解决', all: '全部', label: '视图' },
  inbox: {
    empty: '这里没有会话', emptyQueue: '没有人在排队，干得漂亮。', emptyMine: '您还没有会话，去「排队中」接一个吧。', list: '会话列表', search: '搜索会话',
    place: '队列第 {n} 位', waitingNow: '刚刚进入', visitor: '访客 {id}', noMessage: '还没有消息', waiting: '已等 {time}', unread: '{n} 条未读', choose: '请选择会话', chooseMore: '会话将在列表旁打开。', noMatch: '没有与「{text}」匹配的会话。', byBot: '机器人', byYou: '我',
  },
  thread: {
    log: '会话内容', takeOver: '接管', claim: '接待', resolve: '解决', transfer: '转接', release: '放回队列', invite: '邀请', details: '详情', backToList: '返回列表', earlier: '加载更早的消息',
    reply: '回复', note: '备注', replyTo: '输入回复…', noteTo: '输入仅同事可见的备注…', send: '发送', sendNote: '添加备注', hintEnter: '回车发送，Shift+回车换行', hintMod: 'Ctrl+回车发送',
    botOwns: '机器人正在回答，接管后即可亲自回复。', queueOwns: '正在等待人工，接待后即可回复。', otherOwns: '{name} 正在接待，接管后即可亲自回复。', resolvedOwns: '已解决。访客再发消息会重新打开。',
    sending: '发送中…', waitingLine: '等待网络恢复', failed: '未发送', typing: '{name}正在输入…', visitor: '访客', bot: '机器人', newMessages: '有新消息', source: '来源', confidence: '把握 {n}%', chosen: '已提供给访客的选项',
    tooLong: '最多 10,000 个字符。', notLoaded: '会话加载失败。', noteMark: '备注', voteUp: '访客认为有帮助', voteDown: '访客认为没有帮助', resolved: '已解决。', undo: '重新打开',
  },
  gone: {
    title: '这个会话已不存在', erased: '该访客的资料已被清除，往来内容也一并删除。', expired: '已超过本站点的会话保留期限。',
    missing: '会话已被删除，或已转到您无权查看的地方。',
  },
  system: {
    handover: '已转人工', handoverWhy: '已转人工：{reason}', claimed: '{name} 接待了会话', assigned: '已分配给 {name}', invited: '{name} 邀请 {invitee} 加入', transferred: '{name} 转接给 {to}', released: '{name} 放回了队列', releasedGone: '客服已离线，已放回队首', resolved: '{name} 标记为已解决', reopened: '已重新打开', email: '访客留下了邮箱：{email}', identified: '访客已登录：{name}，身份由您的网站确认', other: '变更：{kind}',
    someone: '有人', theQueue: '队列',
  },
  packet: { title: '机器人掌握的情况', question: '问题', reason: '原因', nearest: '最接近的文章', rejected: '访客已否定' },
  reason: {
    requested: '访客要求人工', asked_for_human: '访客要求人工', no_answer: '没有文章能回答', low_confidence: '机器人没有把握', clarify_limit: '多次确认仍未解决', none_of_these: '访客否定了候选答案',
    too_long: '内容过长，不像单个问题', bot_unavailable: '机器人暂不可用', agent_gone: '客服已离线', complaint: '投诉', repeated: '答案没有帮助',
    confident: '把握足够', exact_match: '与文章的问法一致', chosen: '由访客选定', unsure: '把握不足', greeting: '问候', thanks: '道谢', goodbye: '道别', acknowledged: '应答', identity: '询问是否机器人', empty: '没有可查询的内容', chitchat: '闲聊', injection: '对机器人下指令或代码', insult: '辱骂', upset: '情绪不满，没有具体问题', angry: '访客情绪激动', urgent: '危险或紧急情况', shadow: '机器人在这里只旁观', bot_off: '机器人未对此会话启用',
    specialist: '需要专人处理', wrong_team: '属于其他团队', language: '语言不通', shift_end: '我要下班了', need_break: '我需要休息', wrong_person: '我不适合处理', visitor_away: '访客已离开', second_opinion: '想听听您的意见', take_part: '请一起回复', by_hand: '人工指派',
    topic: '该主题由人工处理', risk_topic: '风险话题：法律、健康、欺诈或个人信息', loop: '三轮未能解决', email: '留下了邮箱', nobody_online: '没有客服在线',
  },
  context: { title: '详情', contact: '联系人', name: '姓名', email: '邮箱', page: '页面', language: '语言', state: '状态', owner: '当前接待', team: '团队', started: '开始时间', earlier: '历史会话', unknown: '未知', chinese: '中文', english: '英文' },
  state: { bot: '机器人', queue: '排队中', human: '人工接待', resolved: '已解决', open: '进行中', snoozed: '已暂缓' },
  transfer: {
    title: '转接会话', to: '转给', agents: '同事', teams: '团队', reason: '原因（选填）', reasonHint: '对方需要知道什么？', submit: '转接', choose: '选择同事或团队',
    load: '{active} / {cap}', online: '{n} / {of} 在线', full: '{name} 已满负荷，仍可转给对方。', offline: '{name} 不在线：回来之前没有人回复。',
  },
  invite: { title: '邀请同事加入', hint: '会话仍由您负责。对方会在“我的”里看到它，解决之前都可以查看和回复。', who: '邀请谁', choose: '选择同事', reasonHint: '您需要对方做什么？', submit: '邀请', done: '已发出邀请。', got: '{name} 邀请您加入会话', open: '打开' },
  requeue: { title: '放回队列', hint: '由系统分配给下一位合适的客服；访客已等待的时间不会丢失。', reason: '原因（选填，仅同事可见）', submit: '放回' },
  stats: { label: '实时', visitors: '在线访客', agents: '在线客服', waiting: '排队', longest: '最长等待', bot: '机器人接待', human: '人工接待', answered: '今日机器人回答', resolved: '今日解决', nodes: '服务器', nodeLine: '{name}（{address}）：访客 {visitors}，客服 {agents}', nodeDead: '{name}：未运行', nodeDeaf: '{name} 收不到部分服务器的消息：彼此更新会变慢' },
  kb: {
    title: '知识库', count: '两种语言共 {n} 篇', search: '搜索标题、问法或答案', locale: '语言', tag: '标签', anyTag: '全部标签', anyLocale: '两种语言', new: '新建文章', empty: '没有符合条件的文章', emptyAll: '还没有文章。写第一篇，或导入文件。',
    article: '文章', questions: '问法', updated: '更新', tags: '标签', languages: '语言', missing: '缺少',
    id: '链接和文件中的名称', idHint: '小写字母、数字和连字符，例如 shipping-time', idBad: '只能使用小写字母、数字和连字符。', taken: '已有同名文章。', openTaken: '打开该文章',
    titleField: '标题', questionsField: '用户会怎么问', questionsHint: '每行一个问法，换着说法写。说法越多，机器人越容易找到。', addQuestion: '添加问法', question: '问法 {n}', answerField: '答案', answerHint: '支持段落、列表、**加粗**和链接', preview: '预览', tagsField: '标签', tagsHint: '输入后按回车',
    saved: '已保存并生效，版本 {n}。', version: '版本 {n}', unsaved: '未保存', archive: '归档', archiveAsk: '归档这个语言版本？机器人将立即停止使用它。', archived: '已归档。', gone: '这篇文章已被他人归档。再次保存即可重新创建。', needQuestion: '请至少添加一个用户会问的问题。', conflict: '在您打开之后，有人保存了这篇文章。', conflictMore: '可以载入对方的版本查看，或用您的版本覆盖。', loadTheirs: '载入对方版本', saveMine: '保存我的版本', notYet: '还没有{locale}版本。', begin: '开始撰写',
    needTitle: '请填写标题。', needAnswer: '请填写答案。', both: '并排', leaveAsk: '有未保存的修改，确定离开吗？', leave: '离开', zh: '中文', en: '英文',
  },
  ask: { title: '试问一句', hint: '像访客一样向机器人提问，不产生会话。', placeholder: '访客可能会问…', ask: '提问', decision: '决定', answer: '直接回答', clarify: '反问确认', handover: '转人工', reply: '寒暄', confidence: '把握', candidates: '候选文章', none: '没有接近的文章。', reason: '原因', matched: '匹配「{text}」' },
  hours: {
    zone: '时区', day: { mon: '星期一', tue: '星期二', wed: '星期三', thu: '星期四', fri: '星期五', sat: '星期六', sun: '星期日' }, closed: '休息', opens: '{day}：开始', closes: '{day}：结束', addTime: '添加时段', removeTime: '删除该时段', holidays: '节假日', addHoliday: '添加节假日', date: '日期', name: '名称', removeHoliday: '删除该节假日',
  },
  time: { now: '刚刚', minutes: '{n} 分钟', hours: '{n} 小时', days: '{n} 天' },
}

export default zh
