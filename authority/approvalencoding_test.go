package authority_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"marque/authority"
)

func TestProposalEncodingIsStrict(t *testing.T) {
	c := newCouncil(t, 2)
	p := c.propose("Anna", authority.ActionRotation, []byte("x"))
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := authority.ParseProposal(b); err != nil || *again != *p {
		t.Errorf("read %+v: %v", again, err)
	}
	for name, change := range map[string]func(q *authority.Proposal){
		"no action":      func(q *authority.Proposal) { q.Action = "" },
		"unknown action": func(q *authority.Proposal) { q.Action = "coffee" },
		"before 1970":    func(q *authority.Proposal) { q.Time = time.Unix(-1, 0) },
		"year 10000":     func(q *authority.Proposal) { q.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"not a second":   func(q *authority.Proposal) { q.Time = noon.Add(1) },
	} {
		q := *p
		change(&q)
		if _, err := q.Marshal(); !errors.Is(err, authority.ErrProposal) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := q.Digest(); !errors.Is(err, authority.ErrProposal) {
			t.Errorf("%s: digest: %v", name, err)
		}
	}
	a := c.approve(t, "Bo", p, []byte("x")).Marshal()
	for name, change := range map[string]func(b []byte) []byte{
		"empty": func([]byte) []byte { return nil }, "cut off": func(b []byte) []byte { return b[:len(b)-1] },
		"trailing": func(b []byte) []byte { return append(b, 0) }, "version": func(b []byte) []byte { b[1] = 2; return b },
		"long head":  func(b []byte) []byte { return append([]byte{b[0], 0x18}, b[1:]...) },
		"indefinite": func(b []byte) []byte { b[0] = 0x9f; return append(b, 0xff) },
		"a megabyte": func(b []byte) []byte { return append(b, make([]byte, 1<<20)...) },
		"null":       func([]byte) []byte { return []byte{0xf6} },
	} {
		if _, err := authority.ParseProposal(change(bytes.Clone(b))); !errors.Is(err, authority.ErrProposal) {
			t.Errorf("proposal, %s: %v", name, err)
		}
		if _, err := authority.ParseApproval(change(bytes.Clone(a))); !errors.Is(err, authority.ErrProposal) {
			t.Errorf("approval, %s: %v", name, err)
		}
	}
}

func FuzzProposal(f *testing.F) {
	b, err := (&authority.Proposal{Action: authority.ActionClock, Time: noon}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0x86, 1, 0x60})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := authority.ParseProposal(b)
		if err != nil {
			return
		}
		if again, err := p.Marshal(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("read %x, wrote %x: %v", b, again, err)
		}
	})
}

func FuzzApproval(f *testing.F) {
	f.Add((&authority.Approval{Proposal: [32]byte{1}}).Marshal())
	f.Add([]byte{0x84, 1, 0xf6})
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := authority.ParseApproval(b); err == nil && !bytes.Equal(a.Marshal(), b) {
			t.Errorf("read %x, wrote %x", b, a.Marshal())
		}
	})
}
