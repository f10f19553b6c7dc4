package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// maxInfoBytes bounds the hub's description of a repository; one of 10,000 files has about 2 MB.
const maxInfoBytes = 32 << 20

// repoInfo is the answer of the hub's API (huggingface_hub, HfApi.model_info with files_metadata).
type repoInfo struct {
	SHA      string    `json:"sha"`
	Siblings []sibling `json:"siblings"`
	CardData struct {
		License  stringOrList `json:"license"`
		Language stringOrList `json:"language"`
	} `json:"cardData"`
}

// sibling is a file of a repository.
type sibling struct {
	Name string `json:"rfilename"`
	// Size is nil on hubs that do not say.
	Size *int64 `json:"size"`
	// BlobID is git's id of the file; of a file in LFS, that of its pointer.
	BlobID string `json:"blobId"`
	LFS    *struct {
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	} `json:"lfs"`
}

// stringOrList is a field of a model card: one value or several.
type stringOrList []string

// UnmarshalJSON implements json.Unmarshaler. What is neither is nothing: cards are written by hand.
func (s *stringOrList) UnmarshalJSON(data []byte) error {
	var one string
	var many []any
	*s = nil
	if json.Unmarshal(data, &one) == nil && one != "" {
		*s = stringOrList{one}
	} else if json.Unmarshal(data, &many) == nil {
		for _, v := range many {
			if text, ok := v.(string); ok && text != "" {
				*s = append(*s, text)
			}
		}
	}
	return nil
}

// names lists the repository's files.
func (r *repoInfo) names() []string {
	all := make([]string, len(r.Siblings))
	for i, s := range r.Siblings {
		all[i] = s.Name
	}
	return all
}

// file returns what the hub says of a file.
func (r *repoInfo) file(name string) (expected, bool) {
	for _, s := range r.Siblings {
		if s.Name != name {
			continue
		}
		e := expected{size: -1}
		if s.Size != nil && *s.Size >= 0 {
			e.size = *s.Size
		}
		switch {
		case s.LFS != nil && isHex(s.LFS.SHA256, 64):
			e.sha256, e.size = s.LFS.SHA256, s.LFS.Size
		case s.LFS == nil && isHex(s.BlobID, 40):
			e.blob = s.BlobID
		}
		return e, true
	}
	return expected{}, false
}

var (
	commitPattern = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)
	hexPattern    = regexp.MustCompile(`^[0-9a-f]+$`)
)

func isHex(s string, length int) bool { return len(s) == length && hexPattern.MatchString(s) }

// checkPath refuses a path that could lead out of a folder, or be one of ours, or cannot be a file name everywhere.
func checkPath(name string) error {
	bad := name == "" || len(name) > 1024 || path.IsAbs(name) || path.Clean(name) != name || strings.HasPrefix(name, "../") || name == ".." || name == "." ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F || strings.ContainsRune(`\:*?"<>|`, r) })
	if bad {
		return fmt.Errorf("%w: %.120q is no path of a file that may be stored", ErrLayout, name)
	}
	switch strings.ToLower(name) {
	case "manifest.json", "golden.jsonl", stateFile:
		return fmt.Errorf("%w: a file of the name %s is Frontdesk's own", ErrLayout, name)
	}
	return nil
}

// info asks the hub for the commit that a revision is, and its files.
func (f *fetcher) info(ctx context.Context, revision string) (repoInfo, error) {
	address := f.puller.base.JoinPath("api", "models", f.repo, "revision")
	// A branch such as refs/pr/1 is one element of the path.
	address.Path, address.RawPath = address.Path+"/"+revision, address.EscapedPath()+"/"+url.PathEscape(revision)
	address.RawQuery = "blobs=true"
	var info repoInfo
	err := f.retry(ctx, func() (bool, error) {
		resp, cancel, err := f.get(ctx, address, nil)
		if err != nil {
			return false, err
		}
		defer cancel()
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return false, f.refused(resp, "")
		}
		if err := notHTML(resp, "the description of the repository"); err != nil {
			return false, err
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxInfoBytes+1))
		if err != nil {
			return false, transient(fmt.Errorf("read the description of the repository: %w", err))
		}
		if len(data) > maxInfoBytes {
			return false, fmt.Errorf("%w: the description of the repository is larger than %d bytes", ErrContent, maxInfoBytes)
		}
		if err := json.Unmarshal(data, &info); err != nil {
			return false, fmt.Errorf("%w: the description of the repository is no JSON of a hub: %w; is the endpoint a model hub?", ErrContent, err)
		}
		return true, nil
	})
	if err != nil {
		return repoInfo{}, err
	}
	if !commitPattern.MatchString(info.SHA) {
		return repoInfo{}, fmt.Errorf("%w: the hub names no commit (sha) for revision %q", ErrContent, revision)
	}
	if len(info.Siblings) == 0 {
		return repoInfo{}, fmt.Errorf("%w: the repository has no files at revision %q", ErrLayout, revision)
	}
	return info, nil
}
