package bot

import "testing"

func TestAddressesAreFoundInWhatPeopleType(t *testing.T) {
	t.Parallel()
	a := newAddresses()
	for said, want := range map[string]string{
		"bob@example.com": "bob@example.com", "Bob.Smith+shop@mail.example.co.uk": "Bob.Smith+shop@mail.example.co.uk", " bob@example.com. ": "bob@example.com",
		"my email is bob@example.com, thanks": "bob@example.com", "邮箱：bob@qq.com": "bob@qq.com", "发到bob@qq.com就可以": "bob@qq.com", "＜bob＠qq．com＞": "bob@qq.com",
	} {
		if got, only := a.find(said); got != want || !only {
			t.Errorf("%q: %q %v", said, got, only)
		}
	}
	for _, said := range []string{"", "bob@", "@bob", "bob@localhost", "a@b.c", "2 @ 3.50", "bob@example.com or ann@example.com", "bob@exa mple.com", "how do I write to bob@example.com?"} {
		if got, only := a.find(said); only {
			t.Errorf("%q: %q", said, got)
		}
	}
}
