#!/usr/bin/env python3
"""Makes the tables of internal/text from public facts:

    make.py UNICODE_DIR WORD_LIST TRAIN_DIR

UNICODE_DIR holds Unihan_Readings.txt.bz2 and Unihan_Variants.txt.bz2 of the
Unicode Han database (UAX #38; Debian: unicode-data, 15.0). WORD_LIST is a list of
correctly spelled English words, one a line (SCOWL, Debian: wamerican); it
only decides which words of the training texts are spelled right. TRAIN_DIR is
the folder of training texts (models/training/README.md); nothing of an
evaluation set is read.

simplified.txt  a traditional and its simplified character, sorted, 6 bytes a pair
pinyin.txt      a toneless syllable, the characters mostly read so, and those sometimes
                read so, both by falling frequency
pairs.txt       the commonest pairs of Chinese characters, the most frequent first
words.txt       English words and names, sorted, one a line
hanwords.txt    Chinese words of two characters, sorted, 6 bytes a word (headwords of
                CC-CEDICT that the other texts use; that file stays under CC BY-SA 4.0)
"""
import bz2, collections, os, re, sys, unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
PAIRS = 5000
WEIGHT = {'par': 5, 'doc': 0.5, 'nli': 0.2}  # conversation above manuals and captions of pictures

# What the Han database lists as two characters of equal right, or not at all,
# in the reading that a customer of a shop means. A character that stands in simplified
# texts too (乾隆, 著名) is only here if the other reading is rarer in questions.
CHOSEN = dict(p.split('>') for p in '''
乾>干 於>于 瞭>了 藉>借 著>着 麽>么 麼>么 裡>里 裏>里 臺>台 檯>台 颱>台 啟>启 啓>启 喫>吃 汙>污 祕>秘 週>周 鉤>钩 粧>妆 姪>侄 徵>征 盪>荡 嚐>尝 牠>它 妳>你
痠>酸 麪>面 麵>面 慾>欲 菸>烟 煙>烟 衹>只 祇>只 隻>只 箇>个 個>个 羣>群 峯>峰 綑>捆 搥>捶 鍊>链 鏈>链 黴>霉 穫>获 獲>获 儘>尽 盡>尽 託>托 彙>汇 匯>汇 摺>折 捲>卷 鬱>郁
籲>吁 闢>辟 佈>布 剋>克 捨>舍 傢>家 牀>床 餚>肴 纔>才 覈>核 倖>幸 錶>表 鬍>胡 鬚>须 迴>回 蹟>迹 跡>迹 讚>赞 註>注 糰>团 闆>板 鹹>咸 碁>棋 佔>占 採>采 係>系 繫>系 餘>余 夥>伙
裊>袅 綫>线 線>线 爲>为 為>为 眾>众 衆>众 喚>唤 嘆>叹 歎>叹 鬥>斗 鬪>斗 髮>发 發>发 後>后 週>周 鐘>钟 鍾>钟 製>制 複>复 復>复 覆>覆 曆>历 歷>历 準>准 築>筑 鬆>松 薑>姜 穀>谷 隣>邻
鄰>邻 囘>回 廻>回 恒>恒 恆>恒 奬>奖 獎>奖 脣>唇 唇>唇 僱>雇 僞>伪 偽>伪 滙>汇 濶>阔 潔>洁 痲>麻 砲>炮 癥>症 蔴>麻 衝>冲 沖>冲 況>况 決>决 淨>净 減>减 湊>凑 凈>净 齣>出 乹>干 榦>干
幹>干 昇>升 陞>升 湧>涌 游>游 遊>游 誌>志 證>证 証>证 讎>仇 讐>仇 賸>剩 餵>喂 餽>馈 騐>验 鷄>鸡 雞>鸡 鑑>鉴 鑒>鉴 鎚>锤 鏟>铲 鑽>钻 鑚>钻 敎>教 旣>既 卽>即 絕>绝 内>内 內>内 吳>吴 呂>吕
說>说 説>说 稅>税 脫>脱 脱>脱 銳>锐 悅>悦 閱>阅 溫>温 緒>绪 虛>虚 戶>户 戸>户 産>产 產>产 顏>颜 顔>颜 強>强 彥>彦 愼>慎 步>步 歩>步 毎>每 黃>黄 黒>黑 錄>录 録>录 綠>绿 緑>绿 剝>剥 别>别 別>别
彆>别 彿>佛 慼>戚 暱>昵 枒>丫 淒>凄 溼>湿 燉>炖 甕>瓮 甦>苏 癒>愈 盃>杯 竪>竖 籤>签 紮>扎 絃>弦 罎>坛 臥>卧 蓆>席 蠍>蝎 訢>䜣 譁>哗 鹼>碱 羨>羡 衞>卫 舖>铺 唸>念 霑>沾 迺>乃 蒐>搜 撃>击 鳯>凤
'''.split() if p[0] != p[2])


def gb2312(ch):
    try:
        return len(ch.encode('gb2312')) == 2
    except UnicodeEncodeError:
        return False


def unihan(path, field):
    with bz2.open(path, 'rt', encoding='utf-8') as f:
        for line in f:
            if line.startswith('U+'):
                code, key, value = line.rstrip('\n').split('\t')
                if key == field and 0x4E00 <= int(code[2:], 16) <= 0x9FFF:
                    yield chr(int(code[2:], 16)), value


def simplified(folder):
    table = {}
    for ch, value in unihan(folder + '/Unihan_Variants.txt.bz2', 'kSimplifiedVariant'):
        to = [chr(int(v[2:], 16)) for v in value.split()]
        if ch in to or gb2312(ch):  # it stands in simplified texts too
            continue
        to = [c for c in to if 0x4E00 <= ord(c) <= 0x9FFF]
        if to:
            table[ch] = max(to, key=gb2312)
    table.update(CHOSEN)
    for ch in table:  # chains end at once
        while table[ch] in table:
            table[ch] = table[table[ch]]
    return table


def toneless(s):
    s = unicodedata.normalize('NFD', s)
    s = s.replace('u\u0308', 'v').replace('ê', 'e')
    s = ''.join(c for c in s if not unicodedata.combining(c) and not c.isdigit())
    return re.sub('^([jqxy])v', r'\1u', s)


def pinyin(folder):
    readings = collections.defaultdict(dict)
    file = folder + '/Unihan_Readings.txt.bz2'
    for ch, value in unihan(file, 'kHanyuPinlu'):
        for syllable, n in re.findall(r'(\S+)\((\d+)\)', value):
            syllable = toneless(syllable)
            readings[ch][syllable] = readings[ch].get(syllable, 0) + int(n)
    for ch, value in unihan(file, 'kMandarin'):
        readings[ch].setdefault(toneless(value.split()[0]), 0)
    out = collections.defaultdict(lambda: ([], []))
    for ch, by in readings.items():
        if gb2312(ch):
            main = max(by, key=by.get)
            for syllable, n in by.items():
                if re.fullmatch('[a-z]+', syllable):
                    out[syllable][syllable != main].append((-n, ch))
    return {s: ' '.join(''.join(ch for _, ch in sorted(part)) for part in chars).rstrip() for s, chars in out.items() if s not in ('m', 'n', 'ng', 'hm', 'hng')}


def texts(train):
    for name in sorted(os.listdir(train)):
        if name.startswith(('intent_bitext', 'intent_hwu', 'intent_slurp')):  # typed by people, with their mistakes
            continue
        with open(train + '/' + name, encoding='utf-8') as f:
            for line in f:
                yield name, line


def main():
    unicode_dir, words, train = sys.argv[1:]
    table = simplified(unicode_dir)
    to = str.maketrans(table)
    pairs, seen = collections.Counter(), collections.Counter()
    for name, line in texts(train):
        if name.startswith(('par_', 'sts_zh', 'nli_zh', 'doc_', 'qa_')):
            for run in re.findall('[\u4e00-\u9fff]+', line.translate(to)):
                for i in range(len(run) - 1):
                    pairs[run[i:i + 2]] += WEIGHT.get(name[:3], 1)
        seen.update(re.findall("[a-z]+", line.lower()))
    def root(w):
        return re.sub('(ies|es|s|ied|ed|ing|er|ly|y|e)$', '', w) if len(w) > 4 else w
    for w in list(seen):
        seen[root(w)] += 0 if w == root(w) else 1
    good = set()
    with open(words, encoding='utf-8') as f:
        for w in f:
            w = w.strip()
            if re.fullmatch('[a-z]{2,16}', w) and (w in seen or seen[root(w)] >= 10):
                good.add(w)
            if re.fullmatch('[A-Z][a-z]{3,15}', w) and w.lower() in seen:  # names are no slips either
                good.add(w.lower())
    common = set(''.join(list(pinyin(unicode_dir).values()))) - {' '}
    freq = collections.Counter()
    for p, n in pairs.items():
        freq[p[0]] += n
        freq[p[1]] += n
    common &= {c for c, n in freq.items() if n >= 5}
    hanwords = set()
    for name, line in texts(train):
        if name.startswith('lex_'):
            hanwords.update(w for w in line.rstrip('\n').translate(to).split('\t') if len(w) == 2 and set(w) <= common and pairs[w] > 0)
    write('hanwords.txt', ''.join(sorted(hanwords)))
    write('simplified.txt', ''.join(k + v for k, v in sorted(table.items())))
    write('pinyin.txt', ''.join(f'{s} {chars}\n' for s, chars in sorted(pinyin(unicode_dir).items())))
    write('pairs.txt', ''.join(p for p, _ in sorted(pairs.items(), key=lambda kv: (-kv[1], kv[0]))[:PAIRS]))
    write('words.txt', '\n'.join(sorted(good)) + '\n')


def write(name, s):
    with open(os.path.join(HERE, name), 'w', encoding='utf-8') as f:
        f.write(s)
    print(name, len(s.encode()), 'bytes')


main()
