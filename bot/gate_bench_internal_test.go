package bot

import "testing"

// A message from the wire to the verdict, language included, as a turn does it.
func BenchmarkGate(b *testing.B) {
	for name, g := range map[string]gate{"rules": newGate(nil), "rules and model": gateWithModel(b)} {
		for kind, s := range map[string]string{
			"zh": "你好，请问一下退款多久能到账？", "en": "Hello, where is my order? It should have been here by Friday.", "pinyin": "zenme tuihuo", "code": "TH01",
		} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					g.check(s)
					g.language(Question{Text: s, Locale: "en"})
				}
			})
		}
	}
}
