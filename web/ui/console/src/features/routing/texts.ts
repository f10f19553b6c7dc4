export const en = {
  routeQueue: {
    title: 'Who waits', intro: 'In the order in which the router gives them out. Renewed every two seconds.', empty: 'Nobody is waiting.', emptyMore: 'Whoever asks for a person appears here at once, with the reasons why nobody has them yet.',
    waits: 'waits {time}', place: 'Place {n}', asked: 'Asked: {name}, {time} left', could: '{n} can take it', next: 'Being given out', nobody: 'Nobody can take it', nobodyThere: 'nobody is online', step: 'Step {n} of the overflow', assign: 'Assign', open: 'Open', moreWait: '{n} more wait behind these.',
    keptFor: 'Kept for {name}, who talked with them before: {time} left', anyone: 'Anybody of the department', there: 'Who is there', nobodyHere: 'No agent is signed in.', inHand: '{active} of {cap}', awayFor: 'Away: {reason}', assignTitle: 'Give it to somebody', assignHint: 'By hand you may go over a capacity; the log says so.', assignTo: 'To', assignDo: 'Give it', assigned: '{name} has it now.', fit: 'Can take it', others: 'Others', priority: 'priority {n}',
    noMessage: 'No message yet', visitor: 'Visitor {id}',
  },
  routeAgents: {
    title: 'What agents can do', intro: 'Skills with levels, languages and how much each may have in hand. Capacity and languages hold at all sites, skills at this one.', search: 'Find a person or a skill', empty: 'Nobody fits.', person: 'Person', skills: 'Skills', languages: 'Languages', teams: 'Teams', cap: 'Capacity', capAll: 'At once, in total', capOf: 'At once: {channel}', capSame: 'no limit', edit: 'Edit', editOf: 'Edit {name}', select: 'Select {name}', selectAll: 'Select all', selected: '{n} selected', bulk: 'Change all selected', clear: 'Select none',
    addSkill: 'Add a skill', skillName: 'Skill', skillHint: 'such as refunds or billing', level: 'Level', removeSkill: 'Remove {name}', noSkills: 'no skills', allLanguages: 'Speaks all languages', levelHint: '1 = knows a little, 5 = nobody knows better', over: 'over capacity',
    bulkTitle: 'Change {n} people', bulkSkill: 'Give a skill', bulkRemove: 'Take a skill away', bulkCap: 'Set the capacity', bulkLanguages: 'Set the languages', bulkKeep: 'as it is', bulkDo: 'Change', done: 'Changed {n} people.', duplicate: 'This skill is there already.',
  },
  routeTeams: {
    title: 'Teams', intro: 'A conversation can wait for a team; then only its members get it, until a step of the overflow says otherwise.', new: 'New team', name: 'Name', department: 'Department', members: 'Members', noMembers: 'Nobody yet: what waits for this team waits until somebody takes it by hand.', addMember: 'Add a person', removeMember: 'Remove {name}', hours: 'Working hours', hoursOn: 'This team has working hours', hoursHint: 'Outside of them its members get nothing by themselves. Without hours the team always works.',
    ownOverflow: 'Steps of its own for what waits too long', ownOverflowHint: 'Instead of the steps of the rules.', remove: 'Delete', removeAsk: 'Delete the team “{name}”?', removeUsed: 'Conversations, kept replies or rules belong to this team: it can be emptied, but not deleted.', taken: 'There is a team of this name already.', create: 'Make the team', alwaysOpen: 'always open', closedNow: 'has working hours', count: 'Members: {n}, {online} online', nameNeeded: 'The team needs a name.', some: 'Saved in part: {what}', partHours: 'name and members are saved, hours and steps are not',
  },
  routeRules: {
    title: 'Rules', intro: 'Who may take a conversation, and who of them should. What you save counts on every server within a second.', enters: 'What waits', entersHint: 'These change a conversation, not who gets it; their order means nothing.', filters: 'Who may', filtersHint: 'All that are on must agree. The first that says no names the reason.', orders: 'Who should', ordersHint: 'The first that tells two people apart decides. Drag them, or move them with the arrow keys.',
    up: 'Move {name} up', down: 'Move {name} down', grip: 'Drag {name}', moved: '{name} is now in place {n}', on: 'on', off: 'off', waiting: 'Waiting and giving out', ageing: 'One step of priority goes before what came earlier by', ageingHint: 'So nobody starves: whoever waits long enough comes before every priority.', reservation: 'Ask the agent first', reservationHint: 'The agent accepts or declines; without an answer in time it goes to the next. Off: given at once.', reservationFor: 'for', seconds: 's', defaultCap: 'Capacity of new agents', defaultCapHint: 'How many conversations somebody may have at once until you set it.',
    overflow: 'When nobody is found', overflowHint: 'Each step lessens what is asked for, after so long in the queue. Steps add up.', addStep: 'Add a step', removeStep: 'Remove this step', after: 'After', relax: { language: 'language no longer matters', team: 'team no longer matters', skills: 'skills no longer matter' }, levels: 'skills may fall short by', levelsN: '{n} level | {n} levels', levelsNone: 'no level', alsoTeams: 'these teams too', goesBefore: 'priority', noSteps: 'No steps: it waits until somebody fits.', relaxNothing: 'Choose what is lessened.',
    rules: 'Rules for what comes in', rulesHint: 'Looked at when a conversation enters the queue: whoever is important goes first, who asks about refunds goes to those who know.', addRule: 'Add a rule', removeRule: 'Remove this rule', ruleName: 'Name', when: 'When', and: 'and', then: 'Then', addCondition: 'And also', removeCondition: 'Remove this condition', field: { page: 'the page', locale: 'the language', reason: 'the reason of the hand-over', email: 'the e-mail address', site: 'the site', attr: 'an attribute' }, attr: 'Name of the attribute',
    op: { is: 'is', not: 'is not', contains: 'contains', prefix: 'begins with', suffix: 'ends with', exists: 'is known' }, value: 'Value', makeVip: 'is a VIP', priority: 'priority', toTeam: 'goes to', noTeam: 'no team of its own', needs: 'needs', weight: 'counts as', weightUnit: 'of a capacity', ruleOn: 'Rule is on', unnamed: 'New rule', noRules: 'No rules: all come in as they are.',
    strategyHint: {
      rules: 'The rules below are applied as a conversation enters the queue.', vip: 'Whoever a rule makes a VIP gets this priority.', overflow: 'The steps below lessen what is asked for.',
      returned: 'Whoever gave it back or declined it does not get it again for a while.', hours: 'Members of a closed team get nothing by themselves.', team: 'What waits for a team is its members’.',
      language: 'Who speaks the visitor’s language.', skills: 'Who has every skill that is needed, at its level.', sticky: 'The visitor comes back to the same person.',
      skill_step: 'Who falls short by the fewest levels, once the overflow allows it.', spare_experts: 'Who has the fewest levels to spare, so that experts stay free.', least_load: 'The smallest share of their capacity in use.',
      least_recent: 'The least work of the last five minutes.', longest_idle: 'Whose load has not changed for longest.',
    },
    param: { priority: 'priority', for_s: 'for', wait_s: 'wait for them', seconds: 'seconds' }, details: 'What is wrong',
  },
  routeWrong: {
    inRule: 'Rule {n}: {text}', inStep: 'Step {n}: {text}', empty: 'Fill in the field that is empty.', too_long: 'A text is too long.', not_text: 'A field has a character that is no text. Type it anew.', out_of_range: 'A number is too small or too large.', too_many: 'There are too many, or none.', twice: 'The same is there twice.',
    unknown: 'This is not known here (any more). Choose another.', order: 'Each step must come after the one before: choose a longer time.', nothing: 'This step changes nothing yet: choose what is lessened, or remove the step.', hours: 'These hours cannot be: each must end after it begins.', language: 'This is no language.', over_capacity: 'It counts as more than anybody may hold: such a conversation would wait for ever.', other: 'A field has something that cannot be used.',
  },
  routeSim: {
    title: 'Who would get this?', intro: 'Asks the router with the people who are there now, by the rules that are saved. Nothing is given out.', department: 'Department', team: 'Waits for', noTeam: 'nobody in particular', language: 'Visitor’s language', anyLanguage: 'not known', skills: 'Needs', vip: 'The visitor is a VIP', waited: 'Has waited', at: 'When', now: 'now', page: 'Page', email: 'E-mail', reason: 'Reason of the hand-over', attr: 'Attributes', ask: 'Who would get it?',
    result: 'The router says', gets: '{name} gets it', nobody: 'Nobody can take it now', nextStep: 'Less is asked for in {time}.', wouldWait: 'It is kept for {name} for {time}.', needs: 'After the rules', step: 'step {n} of the overflow is reached', at_first: 'no step of the overflow yet', first: 'first', hint: 'Fill in what you want to know and ask.',
  },
}

export const zh: typeof en = {
  routeQueue: {
    title: '谁在等待', intro: '按系统分配的先后排列，每两秒自动刷新。', empty: '没有人在等待。', emptyMore: '访客要求人工后会立即出现在这里，并说明为什么还没有人接待。',
    waits: '已等待 {time}', place: '第 {n} 位', asked: '正在询问 {name}，剩余 {time}', could: '{n} 人可以接待', next: '正在分配', nobody: '没有人可以接待', nobodyThere: '没有客服在线', step: '已到溢出第 {n} 步', assign: '指派', open: '打开', moreWait: '后面还有 {n} 个在等待。',
    keptFor: '为上次接待的 {name} 保留，剩余 {time}', anyone: '部门内任何人', there: '在岗客服', nobodyHere: '没有客服登录。', inHand: '{active} / {cap}', awayFor: '离开：{reason}', assignTitle: '指派给某人', assignHint: '手动指派可以超过容量，记录中会注明。', assignTo: '指派给', assignDo: '指派', assigned: '已交给 {name}。', fit: '可以接待', others: '其他人', priority: '优先级 {n}',
    noMessage: '还没有消息', visitor: '访客 {id}',
  },
  routeAgents: {
    title: '客服的能力', intro: '技能与等级、语言，以及每人同时最多处理多少。容量和语言对所有站点有效，技能只对本站点有效。', search: '查找人员或技能', empty: '没有符合的人员。', person: '人员', skills: '技能', languages: '语言', teams: '团队', cap: '容量', capAll: '同时处理（合计）', capOf: '同时处理：{channel}', capSame: '不限', edit: '编辑', editOf: '编辑 {name}', select: '选择 {name}', selectAll: '全选', selected: '已选 {n} 人', bulk: '批量修改', clear: '取消选择',
    addSkill: '添加技能', skillName: '技能', skillHint: '例如：退款、账单', level: '等级', removeSkill: '移除 {name}', noSkills: '没有技能', allLanguages: '会说所有语言', levelHint: '1 = 略懂，5 = 最熟练', over: '超出容量',
    bulkTitle: '修改 {n} 人', bulkSkill: '添加一项技能', bulkRemove: '移除一项技能', bulkCap: '设置容量', bulkLanguages: '设置语言', bulkKeep: '保持不变', bulkDo: '修改', done: '已修改 {n} 人。', duplicate: '已有这项技能。',
  },
  routeTeams: {
    title: '团队', intro: '会话可以等待某个团队：只有成员会接到，直到溢出步骤放宽为止。', new: '新建团队', name: '名称', department: '部门', members: '成员', noMembers: '还没有成员：等待该团队的会话只能由人手动接待。', addMember: '添加成员', removeMember: '移除 {name}', hours: '工作时间', hoursOn: '该团队有工作时间', hoursHint: '工作时间以外，成员不会自动接到会话。未设置则始终工作。',
    ownOverflow: '单独设置等待过久时的步骤', ownOverflowHint: '代替规则页中的步骤。', remove: '删除', removeAsk: '确定删除团队“{name}”吗？', removeUsed: '有会话、常用回复或规则属于该团队：可以清空成员，但不能删除。', taken: '已有同名团队。', create: '创建团队', alwaysOpen: '全天工作', closedNow: '设有工作时间', count: '{n} 人，{online} 人在线', nameNeeded: '请填写团队名称。', some: '部分已保存：{what}', partHours: '名称和成员已保存，工作时间和步骤未保存',
  },
  routeRules: {
    title: '规则', intro: '谁可以接待会话，其中谁应该接待。保存后一秒内在所有服务器生效。', enters: '等待中的会话', entersHint: '它们改变会话本身，而不是由谁接待；先后没有影响。', filters: '谁可以', filtersHint: '所有启用的条件都必须满足；最先不满足的就是显示的原因。', orders: '谁优先', ordersHint: '最先能分出高下的一条起决定作用。可以拖动，也可以用方向键移动。',
    up: '上移 {name}', down: '下移 {name}', grip: '拖动 {name}', moved: '{name} 现在排第 {n}', on: '启用', off: '停用', waiting: '等待与分配', ageing: '一级优先级相当于提前', ageingHint: '因此没有人会一直等下去：等得够久就会排到任何优先级之前。', reservation: '先询问客服', reservationHint: '客服可以接受或拒绝；超时未答则询问下一位。关闭则直接分配。', reservationFor: '等待', seconds: '秒', defaultCap: '新客服的容量', defaultCapHint: '未单独设置前，一个人同时最多处理多少会话。',
    overflow: '找不到人时', overflowHint: '等待达到时长后，每一步放宽一些要求；各步累加。', addStep: '添加步骤', removeStep: '删除此步骤', after: '等待', relax: { language: '不再要求语言', team: '不再要求团队', skills: '不再要求技能' }, levels: '技能可以低', levelsN: '{n} 级 | {n} 级', levelsNone: '0 级', alsoTeams: '这些团队也可以', goesBefore: '优先级', noSteps: '没有步骤：一直等到合适的人。', relaxNothing: '请选择放宽什么。',
    rules: '进入队列的规则', rulesHint: '会话进入队列时检查：重要的访客先行，问退款的交给懂退款的人。', addRule: '添加规则', removeRule: '删除此规则', ruleName: '名称', when: '当', and: '并且', then: '则', addCondition: '添加条件', removeCondition: '删除此条件', field: { page: '所在页面', locale: '语言', reason: '转人工的原因', email: '邮箱地址', site: '站点', attr: '属性' }, attr: '属性名称',
    op: { is: '等于', not: '不等于', contains: '包含', prefix: '开头是', suffix: '结尾是', exists: '已知' }, value: '值', makeVip: '视为 VIP', priority: '优先级', toTeam: '转到', noTeam: '不指定团队', needs: '需要', weight: '占用', weightUnit: '份容量', ruleOn: '启用规则', unnamed: '新规则', noRules: '没有规则：所有会话原样进入。',
    strategyHint: {
      rules: '会话进入队列时应用下方的规则。', vip: '被规则视为 VIP 的访客获得此优先级。', overflow: '按下方的步骤放宽要求。',
      returned: '退回或拒绝过的人，一段时间内不会再接到。', hours: '团队下班时，成员不会自动接到会话。', team: '等待某个团队的会话只给其成员。',
      language: '会说访客语言的人。', skills: '具备全部所需技能且达到等级的人。', sticky: '让访客回到同一位客服。',
      skill_step: '溢出放宽后，差距最小的人优先。', spare_experts: '富余等级最少的人优先，让专家空出来。', least_load: '已用容量占比最小的人。',
      least_recent: '最近五分钟工作量最少的人。', longest_idle: '负荷最久没有变化的人。',
    },
    param: { priority: '优先级', for_s: '持续', wait_s: '为其等待', seconds: '秒' }, details: '问题所在',
  },
  routeWrong: {
    inRule: '规则 {n}：{text}', inStep: '步骤 {n}：{text}', empty: '有必填的内容空着，请填写。', too_long: '有文字太长。', not_text: '有内容含无法识别的字符，请重新输入。', out_of_range: '有数字太小或太大。', too_many: '数量过多，或一个也没有。', twice: '有重复的内容。',
    unknown: '该选项已不存在，请另选一个。', order: '每一步都要晚于前一步，请填写更长的时间。', nothing: '这一步还没有任何作用：请选择放宽什么，或删除此步骤。', hours: '时间不成立：结束必须晚于开始。', language: '这不是一种语言。', over_capacity: '占用超过任何人的容量，这样的会话会一直等下去。', other: '有内容无法使用。',
  },
  routeSim: {
    title: '这个会话会给谁？', intro: '用当前在岗的人和已保存的规则询问分配系统，不会真正分配。', department: '部门', team: '等待', noTeam: '不指定', language: '访客语言', anyLanguage: '未知', skills: '需要', vip: '访客是 VIP', waited: '已等待', at: '时间', now: '现在', page: '所在页面', email: '邮箱', reason: '转人工的原因', attr: '属性', ask: '会给谁？',
    result: '分配结果', gets: '{name} 会接到', nobody: '现在没有人可以接待', nextStep: '{time}后放宽要求。', wouldWait: '为 {name} 保留 {time}。', needs: '应用规则之后', step: '已到溢出第 {n} 步', at_first: '尚未溢出', first: '第一', hint: '填写条件后点击询问。',
  },
}
