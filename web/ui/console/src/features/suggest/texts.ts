export const en = {
  suggest: {
    title: 'Suggested replies', none: 'Nothing fits well enough to suggest.', nothingAsked: 'Suggestions come with the visitor’s next question.', loading: 'Looking…', failed: 'No suggestions at the moment.',
    hide: 'Hide suggestions (Esc)', show: 'Show {n} suggestions', insert: 'Insert', send: 'Send', dismiss: 'Put away', forget: 'Never suggest again', forgotten: 'It will not be suggested again.', open: 'Open the article',
    article: 'Article', canned: 'Canned reply', solved: 'Answered before', by: 'by {name}', because: 'because it matches', internal: 'Internal: do not paste', blanks: 'Fill in what stands in brackets before you send it.',
    sure: 'very likely', likely: 'likely', maybe: 'maybe', confidence: '{word} · {n} %', takeFirst: 'Take the conversation to use it.', key: 'Alt+{n}', more: 'Show all', less: 'Show less',
    draftThere: 'There is a draft already.', replace: 'Replace it', append: 'Add below', keep: 'Keep my draft', from: 'From a suggestion',
    wrong: 'Bot was wrong', wrongDone: 'Marked as wrong', wrongOthers: 'Marked as wrong by a colleague', undo: 'Undo', right: 'Right article is…', rightIs: 'Right: {title}',
    promote: 'To knowledge', promoteTitle: 'Turn this reply into knowledge', promoteMore: 'Personal data is removed. Nothing goes live before an editor publishes it.', newDraft: 'New draft from question and reply', promoteInvalid: 'The visitor asked nothing before this message, or the article has no text in the question’s language.', orVariant: 'Or add the visitor’s question to an article', promoted: 'Working copy made: {title}', promotedVariant: 'Question added to the working copy of “{title}”',
    findArticle: 'Find an article', noArticle: 'No article found.', reworded: 'reworded by a language model', isFrom: 'From a suggestion; the server compares what you send with it.',
  },
  canned: {
    title: 'Canned replies', intro: 'Type / in the reply field to use one.', search: 'Search', new: 'New reply', edit: 'Change reply', empty: 'No canned replies yet.', noMatch: 'No reply fits “{text}”.', manage: 'Manage replies', list: 'Canned replies',
    shortcut: 'Shortcut', shortcutHint: 'what is typed after / · letters, digits, hyphens', name: 'Title', text: 'Text ({locale})', textHint: 'Variables: {vars}', place: 'Who sees it', site: 'Everybody', team: 'A team', mine: 'Only me', chooseTeam: 'Choose a team',
    save: 'Save', saved: 'Saved.', remove: 'Remove', removeAsk: 'Remove this reply for everybody who sees it?', removed: 'Removed.', taken: 'Another reply has this shortcut.', conflict: 'Somebody changed this reply meanwhile. Close it and open it again.', languages: 'Languages', back: 'Back to the inbox', siteField: 'Site', needs: 'Shortcut, title and a text in one language are needed.',
  },
  handover: {
    title: 'Hand-over', summary: 'In the visitor’s words', reworded: 'In a language model’s words, checked against the visitor’s', reason: 'Why', language: 'Language', mood: 'Mood', confidence: 'Bot’s confidence', tried: 'What the bot tried', asked: 'Asked last',
    angry: 'angry', pleased: 'pleased', neutral: 'calm', answered: 'answered with it', offered: 'offered', rejected: 'turned down', unhelpful: 'voted down', nothingTried: 'No article was shown.',
  },
}

export const zh: typeof en = {
  suggest: {
    title: '推荐回复', none: '没有足够合适的回复可推荐。', nothingAsked: '访客再提问时会出现推荐。', loading: '查找中…', failed: '暂时无法推荐。',
    hide: '隐藏推荐（Esc）', show: '显示 {n} 条推荐', insert: '插入', send: '发送', dismiss: '收起', forget: '不再推荐', forgotten: '以后不再推荐。', open: '打开文章',
    article: '文章', canned: '快捷回复', solved: '以前的回答', by: '{name}', because: '匹配依据', internal: '内部资料：请勿粘贴', blanks: '发送前请填写方括号里的内容。',
    sure: '很可能', likely: '较可能', maybe: '也许', confidence: '{word} · {n}%', takeFirst: '接待后即可使用。', key: 'Alt+{n}', more: '显示全部', less: '收起全文',
    draftThere: '输入框里已有草稿。', replace: '替换', append: '加在后面', keep: '保留草稿', from: '来自推荐',
    wrong: '机器人答错了', wrongDone: '已标记为答错', wrongOthers: '同事已标记为答错', undo: '撤销', right: '正确的文章是…', rightIs: '正确：{title}',
    promote: '加入知识库', promoteTitle: '把这条回复变成知识', promoteMore: '个人信息会被去掉；编辑发布之前不会生效。', newDraft: '用问题和回复新建草稿', promoteInvalid: '这条消息之前访客没有提问，或者所选文章没有该问题语言的版本。', orVariant: '或者把访客的问题加到一篇文章里', promoted: '已建草稿：{title}', promotedVariant: '问题已加入“{title}”的草稿',
    findArticle: '查找文章', noArticle: '没有找到文章。', reworded: '由语言模型改写', isFrom: '来自推荐；服务器会与发送的内容比较。',
  },
  canned: {
    title: '快捷回复', intro: '在回复框里输入 / 即可使用。', search: '搜索', new: '新建回复', edit: '修改回复', empty: '还没有快捷回复。', noMatch: '没有匹配“{text}”的回复。', manage: '管理回复', list: '快捷回复',
    shortcut: '快捷词', shortcutHint: '输入在 / 后面的内容 · 文字、数字、连字符', name: '标题', text: '内容（{locale}）', textHint: '变量：{vars}', place: '谁能看到', site: '所有人', team: '一个小组', mine: '仅自己', chooseTeam: '选择小组',
    save: '保存', saved: '已保存。', remove: '删除', removeAsk: '所有能看到它的人都将失去这条回复，确定删除？', removed: '已删除。', taken: '快捷词已被另一条回复使用。', conflict: '这条回复刚被别人修改，请关闭后重新打开。', languages: '语言', back: '返回收件箱', siteField: '网站', needs: '请填写快捷词、标题和至少一种语言的内容。',
  },
  handover: {
    title: '转接说明', summary: '访客的原话', reworded: '语言模型的转述（已与原话核对）', reason: '原因', language: '语言', mood: '情绪', confidence: '机器人的把握', tried: '机器人试过的文章', asked: '最后的问题',
    angry: '生气', pleased: '满意', neutral: '平静', answered: '已用它回答', offered: '提供过', rejected: '被否定', unhelpful: '被点踩', nothingTried: '没有展示过文章。',
  },
}
