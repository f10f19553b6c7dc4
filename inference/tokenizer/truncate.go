package tokenizer

import "fmt"

// truncate cuts the texts so that they and the added special tokens are at most c.MaxLength tokens
// (utils/truncation.rs of Hugging Face's tokenizers).
func truncate(texts []Encoding, c Truncation, added int) error {
	room := c.MaxLength - added
	if room < 0 || c.Stride < 0 {
		return fmt.Errorf("%w: %d special tokens, stride %d, at most %d tokens", ErrTruncation, added, c.Stride, c.MaxLength)
	}
	if room == 0 {
		for i := range texts {
			if err := texts[i].truncate(0, c.Stride, c.Side); err != nil {
				return err
			}
		}
		return nil
	}
	first, second := texts[0].Len(), 0
	if len(texts) == 2 {
		second = texts[1].Len()
	}
	remove := first + second - room
	if remove <= 0 {
		return nil
	}
	if c.Strategy == LongestFirst {
		if len(texts) == 1 {
			return texts[0].truncate(room, c.Stride, c.Side)
		}
		n1, n2 := longestFirst(first, second, room)
		if err := texts[0].truncate(n1, c.Stride, c.Side); err != nil {
			return err
		}
		return texts[1].truncate(n2, c.Stride, c.Side)
	}
	target := 0
	if c.Strategy == OnlySecond {
		target = 1
	}
	if target >= len(texts) {
		return fmt.Errorf("%w: there is no second text to cut", ErrTruncation)
	}
	if n := texts[target].Len(); n > remove {
		return texts[target].truncate(n-remove, c.Stride, c.Side)
	}
	return fmt.Errorf("%w: the text to cut is too short for at most %d tokens", ErrTruncation, c.MaxLength)
}

// longestFirst returns how much of two texts remains when together they may have room tokens.
func longestFirst(first, second, room int) (n1, n2 int) {
	n1 = min(first, second)
	n2 = n1
	if n1 <= room {
		n2 = max(n1, room-n1)
	}
	if n1+n2 > room {
		n1 = room / 2
		n2 = n1 + room%2
	}
	if first > second {
		n1, n2 = n2, n1
	}
	return n1, n2
}

// truncate cuts to limit tokens and keeps the rest as overflowing parts, each repeating stride tokens of the one before.
func (e *Encoding) truncate(limit, stride int, side Side) error {
	n := e.Len()
	if limit >= n {
		return nil
	}
	if limit == 0 {
		rest := *e
		*e = newEncoding(0)
		e.Overflowing = []Encoding{rest}
		return nil
	}
	if stride >= limit {
		return fmt.Errorf("%w: stride %d in parts of %d tokens", ErrTruncation, stride, limit)
	}
	var parts []Encoding
	if side == Left {
		for to := n; ; to -= limit - stride {
			from := max(to-limit, 0)
			parts = append(parts, e.part(from, to))
			if from == 0 {
				break
			}
		}
	} else {
		for from := 0; ; from += limit - stride {
			to := min(from+limit, n)
			parts = append(parts, e.part(from, to))
			if to == n {
				break
			}
		}
	}
	*e = parts[0]
	e.Overflowing = parts[1:]
	return nil
}

// cutIDs is truncate for ids alone; it returns the ends of what remains of both. What cannot be cut as asked is cut
// where it can, down to nothing.
func cutIDs(first, second int, c Truncation, added int) (n1, n2 int) {
	if c.MaxLength <= 0 {
		return first, second
	}
	room := max(c.MaxLength-added, 0)
	remove := first + second - room
	switch {
	case remove <= 0:
		return first, second
	case c.Strategy == OnlyFirst:
		cut := min(first, remove)
		return first - cut, second - (remove - cut)
	case c.Strategy == OnlySecond:
		cut := min(second, remove)
		return first - (remove - cut), second - cut
	}
	n1, n2 = longestFirst(first, second, room)
	return min(n1, first), min(n2, second)
}

// kept returns the n tokens of ids that remain.
func kept(ids []int32, n int, side Side) []int32 {
	if side == Left {
		return ids[len(ids)-n:]
	}
	return ids[:n]
}
