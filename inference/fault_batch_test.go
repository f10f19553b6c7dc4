package inference_test

import (
	"math/rand/v2"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

func TestVectorsDoNotDependOnBatchMatesOrTheirOrder(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]models.Bundle{
		"transformer": onnxtest.New(onnxtest.Spec{Layers: 3, Hidden: 48, Heads: 4, FFN: 96, Seed: 5}).Bundle(t, "t"),
		"bundled":     multilingual(t),
	} {
		e := serve(t, b, func(c *inference.Config) { c.BatchTokens = 1024 })
		rng := rand.New(rand.NewPCG(6, 6))
		words := []string{"how", "do", "i", "get", "money", "back", "退", "款", "订", "单", "x1", "?"}
		texts, alone := make([]string, 40), make([][]float32, 40)
		for i := range texts {
			for range 1 + rng.IntN(50) {
				texts[i] += words[rng.IntN(len(words))] + " "
			}
			v, _, err := e.EmbedPassages(t.Context(), texts[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			alone[i] = v[0]
		}
		for range 15 {
			order := rng.Perm(len(texts))[:1+rng.IntN(len(texts))]
			some := make([]string, len(order))
			for k, i := range order {
				some[k] = texts[i]
			}
			vectors, _, err := e.EmbedPassages(t.Context(), some)
			if err != nil {
				t.Fatal(err)
			}
			for k, i := range order {
				if c := cosine(vectors[k], alone[i]); !(c >= 0.999999) {
					t.Errorf("%s: text %d has cosine %.8f between alone and as number %d of %d", name, i, c, k, len(order))
				}
			}
		}
	}
}
