package bot

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/kb"
)

// worstTurn has the longest of everything that a visitor or an article may bring along.
func worstTurn() (Question, Decision) {
	odd := strings.Repeat("<\u2028&\x01", 2*maxQuestionRunes) // six bytes each in JSON
	q := Question{Site: 1, Text: odd, Previous: []string{odd, odd, odd}, Locale: odd, Button: ButtonArticle + odd, Said: odd, Also: odd, Rejected: slices.Repeat([]string{odd}, 50)}
	d := Decision{Action: ActionAnswer, Reason: ReasonConfident, Text: odd, Shadow: true, Source: &chat.Source{Article: strings.Repeat("a", kb.MaxIDBytes), Title: odd}}
	d.Trace = Trace{Query: odd, Rewritten: odd, Parts: []string{odd, odd, odd, odd, odd}, Answer: 0.6, Generated: odd, Features: kb.Features{Score: math.NaN(), Cosine: math.Inf(1)}}
	for range 64 {
		d.Candidates = append(d.Candidates, kb.Candidate{Article: odd, Variant: odd, Score: 0.123456789})
		d.Trace.Terms = append(d.Trace.Terms, kb.QueryTerm{Term: odd, From: odd, IDF: 3.3333333})
	}
	return q, d
}

func TestATraceStaysWithinItsBoundWhateverAVisitorWrites(t *testing.T) {
	t.Parallel()
	q, d := worstTurn()
	raw, err := packetOf(q, d).encode()
	if err != nil || len(raw) > MaxPacketBytes {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	p, err := ReadPacket(raw)
	if err != nil || !p.Overflowing || p.Action != ActionAnswer || p.Article == nil {
		t.Errorf("%+v, %v", p, err)
	}
	if _, ok := p.question(1); ok {
		t.Error("a question that was cut would be replayed")
	}
	// The longest question that the gate lets through is kept whole.
	whole := strings.Repeat("长", maxQuestionRunes)
	raw, err = packetOf(Question{Text: whole}, Decision{Action: ActionHandover, Reason: ReasonNoAnswer}).encode()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = ReadPacket(raw); err != nil {
		t.Fatal(err)
	}
	if again, ok := p.question(1); !ok || again.Text != whole {
		t.Errorf("%d bytes of %d came back, %v", len(again.Text), len(whole), ok)
	}
}

// Every field of Question but who asks must come back, or a replay asks something else.
func TestAStoredTraceAsksTheSameQuestionAgain(t *testing.T) {
	t.Parallel()
	q := Question{}
	v := reflect.ValueOf(&q).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"y", "z"}))
		case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
			f.SetInt(2)
		default:
			t.Fatalf("Question.%s is of a kind that the trace does not know", v.Type().Field(i).Name)
		}
	}
	raw, err := packetOf(q, Decision{}).encode()
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadPacket(raw)
	if err != nil {
		t.Fatal(err)
	}
	again, ok := p.question(q.Site)
	again.Conversation = q.Conversation // not part of what is asked
	if !ok || !reflect.DeepEqual(again, q) {
		t.Errorf("asked %+v, the trace asks %+v, %v", q, again, ok)
	}
}

func TestATraceRoundTripsWithRanksWordsAndTimes(t *testing.T) {
	t.Parallel()
	d := Decision{
		Action: ActionAnswer, Reason: ReasonConfident, Confidence: 0.87654, Answerable: 0.9, Source: &chat.Source{Article: "refund", Locale: "en", Version: 3}, Cached: true,
		Candidates: []kb.Candidate{{Article: "refund", Variant: "when is my refund", Score: 0.8, Kind: kb.KindQuestion, Ranks: kb.Ranks{Dense: 2, Lexical: 1, Fused: 1, Final: 1}}},
		Trace: Trace{
			Query: "refund when?", Terms: []kb.QueryTerm{{Term: "refund", IDF: 2, Known: true}, {Term: "zebra", IDF: 5}}, Epoch: 7, Fingerprint: "f", PairModel: "p", Policy: 4,
			Answer: 0.62, Clarify: 0.4, AnswerLearnt: true, EmbedTime: time.Millisecond, SearchTime: 2 * time.Millisecond, Total: 5 * time.Millisecond,
		},
	}
	raw, err := packetOf(Question{Text: "refund when?"}, d).encode()
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadPacket(raw)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Candidates[0]
	if p.Confidence != 0.877 || *c.Ranks != (PacketRanks{Dense: 2, Lexical: 1, Fused: 1, Final: 1}) || *p.Thresholds != (PacketThresholds{0.62, 0.4, true}) || *p.Article != (PacketArticle{"refund", "en", 3}) ||
		p.StageMS.Search != 2 || p.MS != 5 || p.Epoch != 7 || p.Model != "f" || p.PairModel != "p" || p.Policy != 4 || !p.Cached {
		t.Errorf("%+v", p)
	}
	if !p.Terms[0].Hit || !p.Terms[0].Known || p.Terms[1].Hit || p.Terms[1].Known {
		t.Errorf("%+v", p.Terms)
	}
}

func TestRowsOfBeforeTheWholeTraceAreStillRead(t *testing.T) {
	t.Parallel()
	old := `{"action":"clarify","reason":"unsure","question":"refund","confidence":0.5,"candidates":[{"article":"a","score":0.7,"cosine":0.6,"bm25":1,"char":0.4,"variant":"v"}],"clarified":1,"kb_epoch":3,"model":"m","mood":"calm","ms":4.2}`
	p, err := ReadPacket(json.RawMessage(old))
	if err != nil || p.Action != ActionClarify || p.Candidates[0].Article != "a" || p.Clarified != 1 || p.Epoch != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, ok := p.question(1); ok {
		t.Error("a row without its question would be replayed")
	}
	if p, err := ReadPacket(nil); err != nil || p.Action != "" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := ReadPacket(json.RawMessage("[")); err == nil {
		t.Error("a broken row is read")
	}
}

func BenchmarkTraceOfATurn(b *testing.B) {
	d := Decision{Action: ActionAnswer, Reason: ReasonConfident, Confidence: 0.87, Source: &chat.Source{Article: "refund"}, Trace: Trace{Query: "how long does a refund take to my card", Answer: 0.6}}
	for range 10 {
		d.Candidates = append(d.Candidates, kb.Candidate{Article: "refund-time", Variant: "how long does a refund take"})
		d.Trace.Terms = append(d.Trace.Terms, kb.QueryTerm{Term: "refund", IDF: 3.3, Known: true})
	}
	q := Question{Text: "how long does a refund take to my card", Locale: "en"}
	size := 0
	for b.Loop() {
		raw, err := packetOf(q, d).encode()
		if err != nil {
			b.Fatal(err)
		}
		size = len(raw)
	}
	b.ReportMetric(float64(size), "bytes/turn")
}
