package evalset

import "frontdesk/internal/text"

// forest is a union–find over texts, distinct by their key.
type forest struct {
	index  map[string]int // of a key
	texts  []string       // the first of each key
	parent []int
}

// add returns the text's number, and gives it one if it has none.
func (f *forest) add(s string) int {
	key := text.Key(s)
	if key == "" {
		key = s // punctuation alone: it is only the same as itself
	}
	if at, ok := f.index[key]; ok {
		return at
	}
	at := len(f.texts)
	f.index[key] = at
	f.texts = append(f.texts, s)
	f.parent = append(f.parent, at)
	return at
}

// root finds the smallest number of a tree, and shortens the way to it.
func (f *forest) root(i int) int {
	for f.parent[i] != i {
		f.parent[i] = f.parent[f.parent[i]]
		i = f.parent[i]
	}
	return i
}

func (f *forest) join(a, b int) {
	ra, rb := f.root(a), f.root(b)
	f.parent[max(ra, rb)] = min(ra, rb)
}

func (f *forest) clusters() []Cluster {
	at := map[int]int{} // of a root, in out
	var out []Cluster
	for i, s := range f.texts {
		root := f.root(i)
		k, ok := at[root]
		if !ok {
			k = len(out)
			at[root] = k
			out = append(out, Cluster{ID: k + 1})
		}
		out[k].Texts = append(out[k].Texts, s)
	}
	return out
}
