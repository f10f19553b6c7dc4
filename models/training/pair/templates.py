"""Questions of customer service with slots, written by us: ways to ask the same stand on one line."""

LINES = """
错误代码{c}怎么解决|出现{c}报错怎么办|提示{c}是什么意思|{c}故障如何处理|设备显示{c}
how do i fix error {c}|what does error code {c} mean|my device shows {c}|{c} error, what to do|getting {c} on the screen
型号{c}有货吗|{c}还有库存吗|{c}这款现在能买到吗|请问{c}缺货吗
is model {c} in stock|do you have the {c}|is the {c} available|can i still buy a {c}
订单{c}到哪了|查一下{c}的物流|{c}这个单子发货了吗|我的订单号是{c}，什么时候到
where is order {c}|track order {c}|has {c} been shipped yet|status of my order {c}
{n}元套餐包含什么|{n}块钱的套餐有哪些内容|套餐{n}元都有什么
what is in the {n} dollar plan|what does the ${n} plan include|the {n} dollar package, what do i get
{n}天内可以退货吗|买了{n}天还能退吗|超过{n}天能不能退货
can i return it within {n} days|is a return possible after {n} days|{n} days return policy
宽带{n}兆多少钱|{n}M宽带什么价格|办{n}兆的宽带费用是多少
how much is {n} mbps internet|price of the {n} mbit line|what do you charge for {n} mbps
从{x}寄到{y}要几天|{x}到{y}的快递多久|{x}发往{y}需要多长时间
how long does shipping from {x} to {y} take|delivery time from {x} to {y}|sending a parcel from {x} to {y}, how many days
{x}飞{y}的机票|我要从{x}去{y}的航班|{x}到{y}有飞机吗
flights from {x} to {y}|i want to fly from {x} to {y}|book a plane from {x} to {y}
怎么把{u}换成{w}|{u}兑换{w}|{u}换{w}怎么操作
convert {u} to {w}|exchange {u} into {w}|how do i change {u} to {w}
从{p}转账到{q}|怎么把钱从{p}转到{q}|{p}里的钱怎么转进{q}
transfer from {P} to {Q}|how do i move money from {P} to {Q}|send funds from my {P} to my {Q}
怎么{v}{o}|如何{v}{o}|{o}怎么{v}|我想{v}{o}|{v}{o}的方法|请问{o}在哪里{v}|帮我{v}{o}
how do i {V} {O}|how can i {V} {O}|i want to {V} {O}|please {V} {O}|where can i {V} {O}|help me {V} {O}
为什么不能{v}{o}|为什么{v}不了{o}|无法{v}{o}怎么回事|{o}{v}失败|{o}没法{v}
why can't i {V} {O}|i am unable to {V} {O}|i cannot {V} {O}, why|it does not let me {V} {O}
怎么不让系统{v}{o}|怎样才能不{v}{o}|我不想{v}{o}|别再{v}{o}|不要{v}{o}
how do i avoid having to {V} {O}|i do not want to {V} {O}|please don't {V} {O}|never {V} {O}
{v}{o}收费吗|{v}{o}要多少钱|{v}{o}的费用是多少|{o}{v}要花钱吗
how much does it cost to {V} {O}|what is the fee to {V} {O}|is there a charge to {V} {O}
{v}{o}需要多久|多长时间能{v}{o}|{o}{v}要等几天|{v}{o}什么时候完成
how long does it take to {V} {O}|when will it be done if i {V} {O}|how many days to {V} {O}
谁可以{v}{o}|什么人能{v}{o}|{v}{o}需要什么条件|{v}{o}有什么要求
who can {V} {O}|what are the requirements to {V} {O}|am i eligible to {V} {O}
已经{v}了{o}怎么撤销|{v}{o}之后还能反悔吗|撤回{v}{o}的操作
how do i undo it after i {V} {O}|can i change my mind once i {V} {O}|revert after i {V} {O}
没有{k}可以办理吗|不带{k}能办吗|{k}丢了还能办吗
can i do it without {K}|is it possible with no {K}|i don't have {K}, can i still apply
需要带{k}吗|办理要{k}吗|{k}是必须的吗
do i need {K}|is {K} required|must i bring {K}
""".strip().splitlines()
SLOTS = {
    "x": "北京 上海 广州 深圳 成都 杭州 武汉 西安 南京 重庆 天津 苏州 香港 东京 伦敦".split(),
    "u": "人民币 美元 欧元 日元 英镑 港币 韩元 卢布 积分 金币".split(),
    "p": "余额 银行卡 信用卡 零钱 活期账户 定期账户 理财账户 钱包 储蓄卡 公司账户".split(),
    "P": "savings,checking,wallet,credit card,business account,joint account,debit card,bank account,brokerage account".split(","),
    "v": "开通 取消 绑定 解绑 修改 删除 激活 冻结 解冻 升级 降级 续费 暂停 恢复 申请 注销 查询 打开 关闭 下载 上传 重置 购买 退订 打印 分享 隐藏 显示".split(),
    "o": "会员 自动续费 信用卡 银行卡 手机号 密码 账号 发票 套餐 流量包 短信通知 地址 订单 蓝牙 定位 指纹 人脸识别 宽带 优惠券 电子合同 实名认证 花呗 通知 夜间模式 免密支付 邮箱 头像".split(),
    "V": "activate,cancel,link,unlink,change,delete,freeze,unfreeze,upgrade,downgrade,renew,pause,resume,apply for,close,check,open,turn on,turn off,download,upload,reset,buy,unsubscribe from,print,share,hide,show".split(","),
    "O": "my membership,auto renewal,a credit card,my bank card,my phone number,my password,my account,an invoice,my plan,a data pack,text alerts,my address,my order,bluetooth,location,fingerprint login,face id,broadband,a coupon,the contract,two factor login,notifications,dark mode,contactless payment,my email,my photo".split(","),
    "k": "身份证 护照 发票 收据 驾照 户口本 银行卡 学生证 合同 营业执照".split(),
    "K": "an id card,a passport,an invoice,a receipt,a driving licence,a bank card,a student id,a contract,proof of address".split(","),
}
SLOTS["y"], SLOTS["w"], SLOTS["q"], SLOTS["Q"] = SLOTS["x"], SLOTS["u"], SLOTS["p"], SLOTS["P"]
CITY = dict(zip(SLOTS["x"], "beijing shanghai guangzhou shenzhen chengdu hangzhou wuhan xian nanjing chongqing tianjin suzhou hongkong tokyo london".split()))
MONEY = dict(zip(SLOTS["u"], "yuan,dollars,euros,yen,pounds,hong kong dollars,won,rubles,points,coins".split(",")))
SWAPS = (("x", "y"), ("u", "w"), ("p", "q"), ("P", "Q"))


def units(unit, edits, rng, n=9000):
    """n units: another way of the same line against another slot, another line, slots in the other order."""
    lines, out = [t.split("|") for t in LINES], []
    en = lambda i: lines[i][0].isascii()
    for _ in range(n):
        i = int(rng.integers(len(lines)))
        ways = lines[i]
        used = [k for k in "cnxyuwpqPQvoVOkK" if any("{" + k + "}" in w for w in ways)]
        fill = {}
        for k in used:
            if k == "c":
                fill[k], fill["d"] = edits.code()
            elif k == "n":
                fill[k] = str(edits.one([7, 15, 30, 10, 3, 5, 19, 39, 59, 99, 129, 199, 299, 50, 100, 200, 300, 500, 1000]))
            else:
                fill[k] = edits.one([s for s in SLOTS[k] if s not in fill.values()])
        order = rng.permutation(len(ways))

        def say(way, f):
            for k in used:
                v = f[k]
                if way.isascii() and k in "xyuw":
                    v = {**CITY, **MONEY}[v]
                way = way.replace("{" + k + "}", v)
            return way
        a, b, c = ways[order[0]], ways[order[1]], ways[order[2]]
        wrong = []
        for k in used:
            if k == "c":
                other = fill["d"]
            elif k == "n":
                other = edits.other_number(fill[k])
            else:
                opposite = edits.opposite["zh" if k in "vo" else "en"].get(fill[k], [])
                near = [o for o in opposite if o in SLOTS[k]]
                other = edits.one(near) if near and rng.random() < .6 else edits.one([s for s in SLOTS[k] if s not in fill.values()])
            wrong.append(say(edits.one([a, b, c]), {**fill, k: other}))
        for x, y in SWAPS:
            if x in used:
                wrong.append(say(edits.one([a, b, c]), {**fill, x: fill[y], y: fill[x]}))
        if "v" in used or "V" in used or "k" in used or "K" in used:  # the same thing, another question about it
            alike = [j for j in range(len(lines)) if j != i and en(j) == en(i) and all("{" + k + "}" in lines[j][0] for k in used)]
            wrong += [say(edits.one(lines[j]), fill) for j in rng.permutation(alike)[:2]]
        rng.shuffle(wrong)
        wrong = wrong[:3]
        first, right = say(a, fill), say(b, fill)
        if rng.random() < .3:
            first = edits.around(first)
        if rng.random() < .2:
            first = edits.typo(first) or first
        pairs = [(first, t) for t in [right, *wrong] if t != first]
        out.append(unit("template", pairs, [1.0] + [0.0] * (len(pairs) - 1), .8))
    return out
