export const en = {
  bot: { title: 'Bot', sections: 'Parts of the bot desk' },
}

export const zh: typeof en = {
  bot: { title: '机器人', sections: '机器人管理' },
}
