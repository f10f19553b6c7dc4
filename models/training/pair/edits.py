"""Synthetic edits of a sentence: those that keep its meaning and those that change it.

The word lists are our own, written from general knowledge; no evaluation text was looked at for them.
"""
import re

CJK = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d+|[^\sA-Za-z0-9]|\s+")

# Opposites. A pair is used both ways; the first that fits is swapped.
ANTONYMS_EN = [p.split("/") for p in """
on/off enable/disable enabled/disabled open/close opened/closed increase/decrease raise/lower add/remove send/receive
sent/received buy/sell bought/sold deposit/withdraw login/logout before/after cheap/expensive incoming/outgoing
start/stop start/end begin/finish lock/unlock locked/unlocked subscribe/unsubscribe activate/deactivate
activated/deactivated install/uninstall connect/disconnect connected/disconnected upgrade/downgrade accept/reject
accept/decline approve/deny allow/forbid allow/block block/unblock import/export upload/download show/hide
public/private first/last minimum/maximum min/max early/late earlier/later fast/slow faster/slower high/low
higher/lower highest/lowest large/small larger/smaller big/little long/short longer/shorter more/less most/least
always/never inside/outside in/out up/down left/right push/pull lend/borrow give/take join/leave arrive/depart
arrival/departure domestic/international online/offline prepaid/postpaid paid/unpaid paid/free old/new
used/new full/empty valid/invalid possible/impossible success/failure succeed/fail mute/unmute follow/unfollow
check-in/check-out entry/exit enter/exit front/back top/bottom internal/external personal/business
temporary/permanent credit/debit credited/debited increase/reduce save/delete create/delete keep/cancel
with/without win/lose hot/cold warm/cool morning/evening today/tomorrow yesterday/tomorrow day/night
husband/wife man/woman boy/girl mother/father light/dark hard/soft strong/weak easy/difficult same/different
load/unload encrypt/decrypt employer/employee buyer/seller sender/recipient winter/summer wet/dry
include/exclude included/excluded pause/resume freeze/unfreeze zoom/shrink expand/collapse asleep/awake
black/white red/green two-way/one-way wholesale/retail gain/loss profit/loss income/expense sync/unsync
""".split()]
ANTONYMS_ZH = [p.split("/") for p in """
开通/取消 开通/关闭 打开/关闭 开启/关闭 启用/停用 启用/禁用 增加/减少 增大/减小 提高/降低 上调/下调 买入/卖出 购买/出售 买/卖 发送/接收
发货/退货 存款/取款 存入/取出 存/取 收款/付款 收入/支出 转入/转出 充值/提现 登录/退出 登录/注销 注册/注销 绑定/解绑 绑定/解除 安装/卸载
连接/断开 上传/下载 导入/导出 显示/隐藏 公开/私密 允许/禁止 同意/拒绝 接受/拒绝 批准/驳回 锁定/解锁 加锁/解锁 冻结/解冻 添加/删除
新增/删除 保存/删除 创建/删除 关注/取关 订阅/退订 加入/退出 进入/离开 开始/结束 开始/停止 启动/停止 暂停/继续 升级/降级 升高/降低 上升/下降
上涨/下跌 提前/推迟 提前/延后 之前/之后 以前/以后 前面/后面 上面/下面 左边/右边 里面/外面 国内/国外 国内/国际 线上/线下 在线/离线
预付/后付 免费/收费 免费/付费 便宜/贵 最大/最小 最多/最少 最高/最低 最早/最晚 最长/最短 大/小 多/少 高/低 长/短 快/慢 早/晚 新/旧 好/坏
冷/热 成功/失败 有效/无效 正常/异常 完整/缺失 进口/出口 入口/出口 入住/退房 入职/离职 上班/下班 上车/下车 上午/下午 白天/晚上 今天/明天
昨天/明天 夏天/冬天 男/女 父亲/母亲 丈夫/妻子 儿子/女儿 老人/孩子 黑色/白色 红色/绿色 个人/企业 个人/公司 临时/永久 借记/贷记 借入/借出
包含/不含 包括/除了 加密/解密 加载/卸载 展开/收起 放大/缩小 静音/取消静音 赚/亏 盈利/亏损 输/赢 来/去 开/关 增/减 升/降 进/出 收/发
站/坐 哭/笑 安全/危险 简单/复杂 容易/困难 强/弱 干/湿 轻/重 里/外 前/后 真/假 对/错 主动/被动 公共/私人 内部/外部 正面/反面 普通/特殊
""".split()]
# What may stand around a question without changing it.
AROUND_EN = [("please ", ""), ("hi, ", ""), ("hello, ", ""), ("hey, ", ""), ("um, ", ""), ("so ", ""), ("", " please"),
             ("", ", thanks"), ("", " thank you"), ("can you tell me ", ""), ("i would like to know ", ""), ("excuse me, ", ""),
             ("good morning, ", ""), ("quick question: ", ""), ("", "?"), ("", "???"), ("", "!"), ("", "."), ("i have a question, ", ""),
             ("sorry to bother you, ", ""), ("", " asap"), ("ok ", ""), ("well, ", "")]
AROUND_ZH = [("请问", ""), ("你好，", ""), ("您好，", ""), ("麻烦问一下，", ""), ("想问下", ""), ("我想知道", ""), ("", "呢"), ("", "呀"),
             ("", "啊"), ("", "，谢谢"), ("", "？"), ("", "？？？"), ("", "！"), ("", "。"), ("亲，", ""), ("在吗，", ""), ("那个，", ""),
             ("问一下，", ""), ("咨询一下", ""), ("不好意思，", ""), ("", "，急"), ("嗨，", ""), ("早上好，", ""), ("帮我看看", "")]
# Ways to ask the same; a way of another line asks something else.
ASK_EN = [p.split("/") for p in """
how do i /how can i /how to /how should i /what is the way to /how would i /tell me how to
why /how come /for what reason /what is the reason that
where /in which place /at what place
when /at what time /on what date
who /which person /what person
how much /what amount of /what does it cost for
how many /what number of /the count of
how long /how much time
""".strip().splitlines()]
ASK_ZH = [p.split("/") for p in """
怎么/如何/怎样/咋/怎么样才能/要怎么/该怎么/应该如何
为什么/为何/为啥/怎么会/什么原因
在哪里/在哪儿/在哪/在什么地方/哪里/哪儿
什么时候/何时/啥时候/几时/什么时间
多少钱/什么价格/价格是多少/要花多少钱/什么价/多少费用
是谁/是哪位/是什么人
多久/多长时间/需要多少时间
能不能/可不可以/能否/可否/可以不可以/可以
有没有/是否有/有无
哪个/哪一个/哪款/哪种
""".strip().splitlines()]
# Words that come and go without a change of what is asked.
LOOSE_ZH = "到底 一般 现在 大概 究竟 一下 具体 其实 应该 目前".split()
LOOSE_EN = "just really actually currently now exactly maybe also still simply".split()
# Before these a negator may stand.
VERB_ZH = re.compile("可以|能|会|想|要|需要|是|有|支持|收到|开通|取消|退|换|发|买|用|打开|关闭|登录|注册|付|到|去|看|吃|做|喜欢|知道|在|修改|使用|安装|允许")
UN_ZH = [("不能", "能"), ("不可以", "可以"), ("不会", "会"), ("不要", "要"), ("不想", "想"), ("没有", "有"), ("不是", "是"), ("不支持", "支持"),
         ("无法", "可以"), ("没收到", "收到"), ("不需要", "需要"), ("不在", "在"), ("不喜欢", "喜欢"), ("不知道", "知道"), ("别", "请")]
AUX_EN = {w: w + " not" for w in "can could do does did is are was were will would should must has may might am".split()}
AUX_EN.update({"can": "can't", "do": "don't", "does": "doesn't", "did": "didn't", "is": "isn't", "are": "aren't",
               "will": "won't", "would": "wouldn't", "should": "shouldn't", "was": "wasn't"})
UN_EN = [("can't", "can"), ("cannot", "can"), ("don't", "do"), ("doesn't", "does"), ("didn't", "did"), ("isn't", "is"),
         ("aren't", "are"), ("won't", "will"), ("wasn't", "was"), ("not ", ""), ("never ", ""), ("no longer ", ""), ("without ", "with "),
         ("unable to ", "able to ")]


def zh(s):
    """Says whether a text is Chinese by more than a few characters."""
    return len(CJK.findall(s)) * 3 >= len(s.replace(" ", ""))


class Edits:
    """The edits; rng decides everything that is open. An edit returns None where it does not fit."""

    def __init__(self, rng, traditional, synonyms, siblings):
        self.rng, self.traditional = rng, traditional
        self.synonyms, self.siblings = synonyms, siblings
        self.opposite = {"en": {}, "zh": {}}
        for k, table in (("en", ANTONYMS_EN), ("zh", ANTONYMS_ZH)):
            for a, b in table:
                self.opposite[k].setdefault(a, []).append(b)
                self.opposite[k].setdefault(b, []).append(a)
        self.zh_terms = sorted(self.opposite["zh"], key=lambda t: -len(t))

    def one(self, xs):
        return xs[self.rng.integers(len(xs))]

    # --- what keeps the meaning

    def around(self, s):
        """Courtesy or punctuation before or after it."""
        pre, post = self.one(AROUND_ZH if zh(s) else AROUND_EN)
        if post and post[-1] in "?!.？！。":
            s = s.rstrip(" ?!.？！。")
        return pre + s + post

    def bare(self, s):
        """No punctuation at its end, no case."""
        t = s.rstrip(" ?!.？！。").lower()
        return t if t != s else None

    def typo(self, s):
        """A character swapped, dropped, doubled or, in English, replaced by a neighbour."""
        if zh(s):
            at = [i for i, c in enumerate(s) if CJK.match(c)]
            if len(at) < 6:
                return None
            i = self.one(at[:-1])
            how = self.rng.integers(3)
            return (s[:i] + s[i + 1] + s[i] + s[i + 2:], s[:i] + s[i] + s[i:], s[:i] + s[i + 1:])[how] if how < 2 \
                or s[i] not in "不没别无未" else None
        words = [m for m in re.finditer(r"[A-Za-z]{4,}", s)]
        if not words:
            return None
        m = self.one(words)
        i = m.start() + 1 + self.rng.integers(len(m.group()) - 2)
        how = self.rng.integers(4)
        near = self.one(list("aeioursntl"))
        return (s[:i] + s[i + 1] + s[i] + s[i + 2:], s[:i] + s[i + 1:], s[:i] + s[i] + s[i:], s[:i] + near + s[i + 1:])[how]

    def old(self, s):
        """Traditional characters."""
        if not zh(s):
            return None
        t = "".join(self.one(self.traditional[c]) if c in self.traditional else c for c in s)
        return t if t != s else None

    def ask(self, s):
        """Another way to ask the same."""
        return self.question(s, True)

    def front(self, s):
        """In Chinese, the object before the question word: 怎么办理信用卡, 信用卡怎么办理."""
        m = re.match(r"^(怎么|如何|怎样|在哪里|在哪|哪里|可以)([\u4e00-\u9fff]{2})([\u4e00-\u9fff]{2,6})([？?。]?)$", s)
        if m:
            return m.group(3) + m.group(1) + m.group(2) + m.group(4)
        m = re.match(r"^([\u4e00-\u9fff]{2,5})(怎么|如何|怎样|在哪里|在哪|哪里|多少钱)([\u4e00-\u9fff]{2})([？?。]?)$", s)
        return m.group(2) + m.group(3) + m.group(1) + m.group(4) if m else None

    def other_ask(self, s):
        """Another question about the same thing."""
        return self.question(s, False)

    def question(self, s, same):
        zh_ = zh(s)
        table, low = (ASK_ZH, s) if zh_ else (ASK_EN, s.lower())
        spots = [(i, w) for i, line in enumerate(table) for w in line if (w in low if zh_ else low.startswith(w))]
        if not spots:
            return None
        i, w = max(spots, key=lambda x: len(x[1]))
        line = table[i] if same else table[self.one([j for j in range(len(table)) if j != i])]
        return s.lower().replace(w, self.one([x for x in line if x != w]), 1)

    def loosen(self, s):
        """A word that says nothing more, or less of them."""
        if zh(s):
            at = [i for i, c in enumerate(s) if c in "的了吗呢啊呀吧是会要"]
            if at and self.rng.random() < .6:
                i = self.one(at)
                return s[:i] + s[i + 1:] if len(s) > 5 else None
            m = re.search("怎么|如何|什么|多少|哪|能|可以|要|是", s)
            return s[:m.start()] + self.one(LOOSE_ZH) + s[m.start():] if m else None
        words = s.split(" ")
        at = [i for i, w in enumerate(words) if w.lower() in ("the", "a", "an", "my", "please", "is", "do", "i", "to")]
        if at and self.rng.random() < .5:
            i = self.one(at)
            return " ".join(words[:i] + words[i + 1:]) if len(words) > 3 else None
        i = self.rng.integers(1, len(words)) if len(words) > 2 else 0
        return " ".join(words[:i] + [self.one(LOOSE_EN)] + words[i:]) if i else None

    def synonym(self, s):
        return self.swap_word(s, self.synonyms)

    # --- what changes it

    def sibling(self, s):
        """A content word replaced by one of its kind that is no synonym."""
        return self.swap_word(s, self.siblings)

    def swap_word(self, s, table):
        if zh(s):
            spots = [(i, n) for n in (4, 3, 2) for i in range(len(s) - n + 1) if s[i:i + n] in table]
            longest = [(i, n) for i, n in spots if not any(j <= i and i + n <= j + m and m > n for j, m in spots)]
            if not longest:
                return None
            i, n = self.one(longest)
            return s[:i] + self.one(table[s[i:i + n]]) + s[i + n:]
        words = WORD.findall(s)
        spots = [i for i, w in enumerate(words) if w.lower() in table and len(w) > 2]
        if not spots:
            return None
        i = self.one(spots)
        return "".join(words[:i]) + self.one(table[words[i].lower()]) + "".join(words[i + 1:])

    def number(self, s):
        """A number becomes another one."""
        m = list(re.finditer(r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])", s))
        if not m:
            return None
        m = self.one(m)
        return s[:m.start()] + self.other_number(m.group()) + s[m.end():]

    def other_number(self, d):
        if self.rng.random() < .5:  # one digit differs
            i = self.rng.integers(len(d))
            new = d[:i] + str((int(d[i]) + self.rng.integers(1, 10)) % 10) + d[i + 1:]
        elif self.rng.random() < .5:
            new = self.one([d + "0", str(int(d) + 1), str(int(d) * 2 + 1)])
        else:
            new = str(self.rng.integers(10 ** (len(d) - 1), 10 ** min(len(d), 15))) if len(d) < 16 else d
        return new if new != d else str(int(d) + 1)

    def code(self):
        """A code as devices and orders have it, and a similar one."""
        r = self.rng
        letters = "".join(self.one(list("ABCDEFGHKLMNPRSTUVWX")) for _ in range(r.integers(1, 4)))
        digits = "".join(str(r.integers(10)) for _ in range(r.integers(1, 5)))
        dash = self.one(["", "", "-", " "])
        a = letters + dash + digits
        if r.random() < .75 or len(letters) == 1:
            b = letters + dash + self.other_number(digits).zfill(len(digits))
        else:
            b = letters[:-1] + self.one(list("ABCDEFGHKLMNPRSTUVWX")) + dash + digits
        return (a, b) if a != b else (a, a + "1")

    def negate(self, s):
        """A negator put in or taken out."""
        if zh(s):
            for neg, pos in self.rng.permutation(UN_ZH):
                if neg in s and not re.search("是不是|能不能|可不可以|有没有|会不会|要不要|别的|特别|区别|级别|分别|别人", s):
                    return s.replace(neg, pos, 1)
            at = [m.start() for m in VERB_ZH.finditer(s) if s[max(0, m.start() - 1):m.start()] not in list("不没别无未是否有")]
            if not at:
                return None
            i = self.one(at)
            if s[i] == "有":
                return s[:i] + "没" + s[i:]
            return s[:i] + self.one(["不能", "不", "没", "没有", "无法", "不要"] if s[i] not in "可能会想要需是" else ["不"]) + s[i:]
        low = s.lower()
        for neg, pos in self.rng.permutation(UN_EN):
            i = low.find(neg)
            if i >= 0 and (i == 0 or low[i - 1] == " "):
                return s[:i] + pos + s[i + len(neg):]
        words = s.split(" ")
        spots = [i for i, w in enumerate(words) if w.lower() in AUX_EN]
        to = [i for i, w in enumerate(words) if w.lower() in ("to", "i", "we") and 0 < i < len(words) - 1]
        if spots and self.rng.random() < .7:
            i = self.one(spots)
            words[i] = AUX_EN[words[i].lower()]
        elif to:
            i = self.one(to)
            words.insert(i if words[i].lower() == "to" else i + 1, self.one(["not", "never"]) if words[i].lower() == "to" else self.one(["can't", "don't", "never", "cannot"]))
        elif len(words) > 2:
            words.insert(0, self.one(["don't", "do not", "never", "not"]))
        else:
            return None
        return " ".join(words)

    def antonym(self, s):
        if zh(s):
            spots = [t for t in self.zh_terms if t in s]
            if not spots:
                return None
            two = [t for t in spots if len(t) > 1]
            if not two and self.rng.random() < .7:  # a single character is often part of another word
                return None
            t = self.one(two or spots)
            i = s.index(t)
            return s[:i] + self.one(self.opposite["zh"][t]) + s[i + len(t):]
        words = WORD.findall(s)
        spots = [i for i, w in enumerate(words) if w.lower() in self.opposite["en"]]
        if not spots:
            return None
        i = self.one(spots)
        return "".join(words[:i]) + self.one(self.opposite["en"][words[i].lower()]) + "".join(words[i + 1:])

    def order(self, s):
        """Two ends of a relation trade places: from A to B, A than B, 从A到B, 把A换成B."""
        if zh(s):
            for p in (r"(从)(.{1,6}?)(到|去|飞|至)(.{1,6}?)(?=的|[，。？?！]|$)", r"(把|将)(.{1,6}?)(换成|改成|转到|改为|变成)(.{1,6}?)(?=[，。？?！]|$)",
                      r"()([\u4e00-\u9fff]{2,4})(比|给|转给|对|和)([\u4e00-\u9fff]{2,4})(?=的|更|[，。？?！]|$)"):
                m = re.search(p, s)
                if m and m.group(2) != m.group(4) and (m.group(3) != "和"):
                    return s[:m.start()] + m.group(1) + m.group(4) + m.group(3) + m.group(2) + s[m.end():]
            return None
        for p in (r"\b(from )(?:(?:my|the|a|our) )?([\w']+)( to )(?:(?:my|the|a|our) )?([\w']+)\b", r"()\b([\w']+)( to )((?:my |the )?[\w']+)$",
                  r"()\b([\w']+)( (?:than|into|before|after|instead of|by|for) )([\w']+)\b"):
            m = re.search(p, s, re.I)
            if m and m.group(2).lower() != m.group(4).lower():
                return s[:m.start()] + m.group(1) + m.group(4) + m.group(3) + m.group(2) + s[m.end():]
        return None
