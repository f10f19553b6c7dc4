package postgres

import (
	"context"
	_ "embed" // for the queries
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"frontdesk/kb"
)

//go:embed query/kb_epoch.sql
var kbEpochSQL string

//go:embed query/kb_heads.sql
var kbHeadsSQL string

//go:embed query/kb_corpus.sql
var kbCorpusSQL string

//go:embed query/kb_unembedded.sql
var kbUnembeddedSQL string

//go:embed query/kb_add_vectors.sql
var kbAddVectorsSQL string

//go:embed query/kb_coverage.sql
var kbCoverageSQL string

// Corpus implements kb.Index: all of it as of one moment.
func (k *Knowledge) Corpus(ctx context.Context, site int32, fingerprint string) (kb.Corpus, error) {
	var c kb.Corpus
	err := pgx.BeginTxFunc(ctx, k.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, kbEpochSQL, pgx.NamedArgs{"site": site}).Scan(&c.Epoch, &c.Adaptations)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // nothing was ever published there
		}
		if err != nil {
			return err
		}
		if fingerprint == "" { // who wants the vectors makes heads, and needs none
			if err := heads(ctx, tx, site, c.Adaptations); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, kbCorpusSQL, pgx.NamedArgs{"site": site, "fingerprint": fingerprint})
		if err != nil {
			return err
		}
		if c.Variants, err = pgx.CollectRows(rows, corpusRow); err != nil {
			return err
		}
		c.Words, err = siteWords(ctx, tx, site)
		return err
	})
	if err != nil {
		return kb.Corpus{}, fmt.Errorf("read corpus: %w", err)
	}
	return c, nil
}

// heads puts the site's heads where their adaptations are.
func heads(ctx context.Context, tx pgx.Tx, site int32, adaptations map[string]kb.Adaptation) error {
	rows, err := tx.Query(ctx, kbHeadsSQL, pgx.NamedArgs{"site": site})
	if err != nil {
		return err
	}
	var fingerprint string
	var head []byte
	_, err = pgx.ForEachRow(rows, []any{&fingerprint, &head}, func() error {
		if a, ok := adaptations[fingerprint]; ok {
			a.Head = slices.Clone(head)
			adaptations[fingerprint] = a
		}
		return nil
	})
	return err
}

func corpusRow(row pgx.CollectableRow) (kb.Variant, error) {
	var v kb.Variant
	var kind int16
	var audience int16
	var vector []byte
	if err := row.Scan(&v.ID, &v.Article, &v.Locale, &kind, &v.Content, &v.Department, &audience, &vector); err != nil {
		return v, err
	}
	v.Kind, v.Audience, v.Vector = kb.Kind(kind), kb.Audience(audience), fromHalves(vector)
	return v, nil
}

func variantRow(row pgx.CollectableRow) (kb.Variant, error) {
	var v kb.Variant
	var kind int16
	err := row.Scan(&v.ID, &v.Article, &v.Locale, &kind, &v.Content)
	v.Kind = kb.Kind(kind)
	return v, err
}

// fromHalves reads pgvector's binary form of a halfvec: its dimensions and two
// unused bytes, then halves, all big-endian (halfvec_send). Nil stays nil.
func fromHalves(raw []byte) []float32 {
	if len(raw) < 4 || len(raw) != 4+2*int(binary.BigEndian.Uint16(raw)) {
		return nil
	}
	out := make([]float32, len(raw)/2-2)
	for i := range out {
		out[i] = half(binary.BigEndian.Uint16(raw[4+2*i:]))
	}
	return out
}

// half widens an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0: // zero, or below the normal numbers
		f := float32(fraction) * 0x1p-24
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7F800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// Unembedded implements kb.Index.
func (k *Knowledge) Unembedded(ctx context.Context, fingerprint string, after int64, limit int) ([]kb.Variant, error) {
	return unembedded(ctx, k.pool, fingerprint, after, limit)
}

// executor is a pool or a transaction.
type executor interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func unembedded(ctx context.Context, db executor, fingerprint string, after int64, limit int) ([]kb.Variant, error) {
	rows, err := db.Query(ctx, kbUnembeddedSQL, pgx.NamedArgs{"fingerprint": fingerprint, "after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("read variants: %w", err)
	}
	out, err := pgx.CollectRows(rows, variantRow)
	if err != nil {
		return nil, fmt.Errorf("read variants: %w", err)
	}
	return out, nil
}

// AddVectors implements kb.Index.
func (k *Knowledge) AddVectors(ctx context.Context, fingerprint string, ids []int64, vectors [][]float32) error {
	return addVectors(ctx, k.pool, fingerprint, ids, vectors)
}

func addVectors(ctx context.Context, db executor, fingerprint string, ids []int64, vectors [][]float32) error {
	if len(ids) != len(vectors) {
		return fmt.Errorf("store vectors: %d for %d variants: %w", len(vectors), len(ids), errBadVector)
	}
	texts := make([]string, len(vectors))
	for i, v := range vectors {
		if !finite(v) {
			return fmt.Errorf("variant %d: %w", ids[i], errBadVector)
		}
		texts[i] = halfvec(v)
	}
	var model int16
	if err := db.QueryRow(ctx, kbModelSQL, pgx.NamedArgs{"fingerprint": fingerprint}).Scan(&model); err != nil {
		return fmt.Errorf("register model: %w", err)
	}
	if _, err := db.Exec(ctx, kbAddVectorsSQL, pgx.NamedArgs{"model": model, "ids": ids, "vectors": texts}); err != nil {
		return fmt.Errorf("store vectors: %w", err)
	}
	return nil
}

// Coverage implements kb.Index.
func (k *Knowledge) Coverage(ctx context.Context, fingerprint string) (kb.Coverage, error) {
	var c kb.Coverage
	err := k.pool.QueryRow(ctx, kbCoverageSQL, pgx.NamedArgs{"fingerprint": fingerprint}).Scan(&c.Variants, &c.Embedded, &c.Sites, &c.Unfitted)
	if err != nil {
		return kb.Coverage{}, fmt.Errorf("count vectors: %w", err)
	}
	return c, nil
}
