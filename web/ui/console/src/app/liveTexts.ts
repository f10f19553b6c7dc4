/** What happens right now: marks, colleagues, offers, mentions. */
export const en = {
  live: {
    mark_sent: 'Sent', mark_delivered: 'Delivered', mark_read: 'Read by the visitor',
    edited: 'edited', deleted: 'Message deleted', former: 'What it said before', formerDeleted: 'What it said', edit: 'Edit', remove: 'Delete', removeAsk: 'Delete this message? Visitors no longer see it; colleagues can still look it up.',
    removeNoteAsk: 'Delete this note? Colleagues can still look it up.', keep: 'Keep', saveEdit: 'Save change', editLabel: 'Change the message', changing: 'Saving the change…', notChanged: 'The change was not saved',
    viewing: '{names} is here too', viewingMany: '{names} are here too', writing: '{name} is writing a reply…', writingMany: '{names} are writing replies…', and: ' and ',
    newer: '{name} replied while you were writing: “{text}”', newerStopped: 'Not sent: {name} replied while you were writing: “{text}”', sendAnyway: 'Send anyway', keepEditing: 'Keep editing', dropDraft: 'Discard my text', backToDraft: 'Back to editing', stale: 'Not sent: the conversation has changed', staleBy: 'Not sent: {name} replied meanwhile',
    mention: 'Mention a colleague', mentionNone: 'No colleague fits “{text}”', mentions: 'Mentions', mentionsUnread: 'Mentions, {n} new', mentionsNone: 'Nobody has mentioned you yet. Colleagues write @ and your name in a note.', mentioned: '{name} mentioned you', mentionIn: 'with {contact}', mentionsFailed: 'Mentions could not be loaded.', open: 'Open',
    offerTitle: 'A conversation for you', offerLeft: '{n} s left', accept: 'Accept', decline: 'Decline', offerTimeout: 'The offer has run out. The conversation stays under “Waiting” until somebody takes it.', offerLate: 'It was not given to you: you had no room any more, or its time was over.', offerTaken: 'Somebody else has it now.', offerAccepted: 'It is yours.', offerDeclined: 'Declined.', offerOffline: 'No connection: the answer did not reach the server.', offerNoMessage: 'No message yet', offers: 'Offers of conversations',
    tookOver: '{name} took it over from a colleague',
    unreadConversations: '{n} conversations with unread messages',
    presence_online: 'Online', presence_away: 'Away', presence_invisible: 'Invisible', presence_offline: 'Offline', load: '{active} of {cap}',
  },
}

export const zh: typeof en = {
  live: {
    mark_sent: '已发送', mark_delivered: '已送达', mark_read: '访客已读',
    edited: '已编辑', deleted: '消息已删除', former: '之前的内容', formerDeleted: '原内容', edit: '编辑', remove: '删除', removeAsk: '删除这条消息？访客将不再看到，同事仍可查阅。',
    removeNoteAsk: '删除这条备注？同事仍可查阅。', keep: '保留', saveEdit: '保存修改', editLabel: '修改消息', changing: '正在保存修改…', notChanged: '修改未能保存',
    viewing: '{names} 也在查看', viewingMany: '{names} 也在查看', writing: '{name} 正在写回复…', writingMany: '{names} 正在写回复…', and: '、',
    newer: '您输入期间，{name} 已回复：“{text}”', newerStopped: '未发送：您输入期间，{name} 已回复：“{text}”', sendAnyway: '仍然发送', keepEditing: '继续编辑', dropDraft: '放弃我的内容', backToDraft: '返回编辑', stale: '未发送：会话状态已变化', staleBy: '未发送：{name} 已先回复',
    mention: '提及同事', mentionNone: '没有与「{text}」匹配的同事', mentions: '提及我的', mentionsUnread: '提及我的，{n} 条未读', mentionsNone: '还没有人提及您。同事可在备注中输入 @ 加您的名字。', mentioned: '{name} 提及了您', mentionIn: '会话：{contact}', mentionsFailed: '提及列表加载失败。', open: '打开',
    offerTitle: '有会话分配给您', offerLeft: '剩余 {n} 秒', accept: '接受', decline: '拒绝', offerTimeout: '已超时。会话仍在“排队中”，直到有人接待。', offerLate: '未能分配给您：您已满，或已超时。', offerTaken: '已由其他同事接待。', offerAccepted: '已由您接待。', offerDeclined: '已拒绝。', offerOffline: '网络已断开，回应未送达服务器。', offerNoMessage: '还没有消息', offers: '待接受的会话',
    tookOver: '{name} 从同事处接管了会话',
    unreadConversations: '{n} 个会话有未读消息',
    presence_online: '在线', presence_away: '离开', presence_invisible: '隐身', presence_offline: '离线', load: '{active} / {cap}',
  },
}
