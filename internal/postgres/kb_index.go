package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_search.sql
var kbSearchSQL string

//go:embed query/kb_serial.sql
var kbSerialSQL string

//go:embed query/kb_epoch.sql
var kbEpochSQL string

//go:embed query/kb_corpus.sql
var kbCorpusSQL string

//go:embed query/kb_unembedded.sql
var kbUnembeddedSQL string

//go:embed query/kb_add_vectors.sql
var kbAddVectorsSQL string

//go:embed query/kb_drop_models.sql
var kbDropModelsSQL string

//go:embed query/kb_raise_epochs.sql
var kbRaiseEpochsSQL string

// Search implements kb.Index: one round trip, one snapshot.
func (k *Knowledge) Search(ctx context.Context, scope identity.Scope, q kb.SearchQuery) (epoch int64, hits []kb.Hit, err error) {
	if !finite(q.Vector) {
		return 0, nil, fmt.Errorf("search: %w", errBadVector)
	}
	args := kbScope(scope, q.Site)
	args["vector"], args["fingerprint"], args["candidates"] = halfvec(q.Vector), q.Fingerprint, q.Candidates
	args["terms"], args["idfs"] = notNil(q.Terms), notNil(q.IDF)
	batch := &pgx.Batch{} // sent as one implicit transaction
	batch.Queue(kbSerialSQL)
	batch.Queue(kbSearchSQL, args)
	results := k.pool.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	if _, err := results.Exec(); err != nil {
		return 0, nil, fmt.Errorf("prepare search: %w", err)
	}
	rows, err := results.Query()
	if err != nil {
		return 0, nil, fmt.Errorf("search: %w", err)
	}
	hits = make([]kb.Hit, 0, 2*q.Candidates)
	var variant *int64
	var article, locale, content *string
	var kind *int16
	var cosine, bm25 float64
	if _, err := pgx.ForEachRow(rows, []any{&epoch, &variant, &article, &locale, &kind, &content, &cosine, &bm25}, func() error {
		if variant != nil {
			hits = append(hits, kb.Hit{
				Variant: *variant, Article: *article, Locale: *locale, Kind: kb.Kind(*kind), Content: *content, Cosine: cosine, BM25: bm25,
			})
		}
		return nil
	}); err != nil {
		return 0, nil, fmt.Errorf("search: %w", err)
	}
	return epoch, hits, nil
}

// Corpus implements kb.Index.
func (k *Knowledge) Corpus(ctx context.Context, site int32) (kb.Corpus, error) {
	var c kb.Corpus
	err := pgx.BeginTxFunc(ctx, k.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var calibration []byte
		err := tx.QueryRow(ctx, kbEpochSQL, pgx.NamedArgs{"site": site}).Scan(&c.Epoch, &calibration)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // nothing was ever published there
		}
		if err != nil {
			return err
		}
		if c.Calibration, err = decodeCalibration(calibration); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, kbCorpusSQL, pgx.NamedArgs{"site": site})
		if err != nil {
			return err
		}
		c.Variants, err = pgx.CollectRows(rows, variantRow)
		return err
	})
	if err != nil {
		return kb.Corpus{}, fmt.Errorf("read corpus: %w", err)
	}
	return c, nil
}

func variantRow(row pgx.CollectableRow) (kb.Variant, error) {
	var v kb.Variant
	var kind int16
	err := row.Scan(&v.ID, &v.Article, &v.Locale, &kind, &v.Content)
	v.Kind = kb.Kind(kind)
	return v, err
}

// Unembedded implements kb.Index.
func (k *Knowledge) Unembedded(ctx context.Context, fingerprint string, after int64, limit int) ([]kb.Variant, error) {
	rows, err := k.pool.Query(ctx, kbUnembeddedSQL, pgx.NamedArgs{"fingerprint": fingerprint, "after": after, "limit": limit})
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
	texts := make([]string, len(vectors))
	for i, v := range vectors {
		if !finite(v) {
			return fmt.Errorf("variant %d: %w", ids[i], errBadVector)
		}
		texts[i] = halfvec(v)
	}
	var model int16
	if err := k.pool.QueryRow(ctx, kbModelSQL, pgx.NamedArgs{"fingerprint": fingerprint}).Scan(&model); err != nil {
		return fmt.Errorf("register model: %w", err)
	}
	if _, err := k.pool.Exec(ctx, kbAddVectorsSQL, pgx.NamedArgs{"model": model, "ids": ids, "vectors": texts}); err != nil {
		return fmt.Errorf("store vectors: %w", err)
	}
	return nil
}

// DropOtherModels implements kb.Index.
func (k *Knowledge) DropOtherModels(ctx context.Context, fingerprint string) (sites []int32, err error) {
	err = pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, kbRaiseEpochsSQL)
		if err != nil {
			return fmt.Errorf("raise epochs: %w", err)
		}
		if sites, err = pgx.CollectRows(rows, pgx.RowTo[int32]); err != nil {
			return fmt.Errorf("raise epochs: %w", err)
		}
		if _, err := tx.Exec(ctx, kbDropModelsSQL, pgx.NamedArgs{"fingerprint": fingerprint}); err != nil {
			return fmt.Errorf("delete vectors: %w", err)
		}
		return nil
	})
	return sites, err
}
