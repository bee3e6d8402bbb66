package wire_test

import (
	"crypto/sha256"
	"reflect"
	"testing"
	"time"

	"marque/device/wire"
)

func TestEntriesComeBack(t *testing.T) {
	for _, e := range entries(t) {
		in := &wire.LogEntry{Time: founded, Entry: e}
		out := must(wire.ParseLogEntry(must(in.Marshal())(t)))(t)
		if !reflect.DeepEqual(in, out) {
			t.Errorf("%T: %+v became %+v", e, in, out)
		}
	}
}

func TestLogEntryRefuses(t *testing.T) {
	at := founded
	for what, c := range map[string]struct {
		entry wire.LogEntry
		want  error
	}{
		"nothing":              {wire.LogEntry{Time: at}, wire.ErrValue},
		"no time":              {wire.LogEntry{Entry: &wire.FoundEntry{}}, wire.ErrTime},
		"no address":           {wire.LogEntry{Time: at, Entry: &wire.IssueEntry{Count: 1}}, wire.ErrAddress},
		"no keys":              {wire.LogEntry{Time: at, Entry: &wire.IssueEntry{Address: bus(t)}}, wire.ErrValue},
		"65 keys":              {wire.LogEntry{Time: at, Entry: &wire.IssueEntry{Address: bus(t), Count: 65}}, wire.ErrValue},
		"257 keys":             {wire.LogEntry{Time: at, Entry: &wire.IssueEntry{Address: bus(t), Count: 257}}, wire.ErrValue},
		"no reason":            {wire.LogEntry{Time: at, Entry: &wire.RevokeEntry{Effective: at}}, wire.ErrValue},
		"a share of one":       {wire.LogEntry{Time: at, Entry: &wire.PaddingEntry{Step: 1, Share: 1}}, wire.ErrValue},
		"a share alone":        {wire.LogEntry{Time: at, Entry: &wire.PaddingEntry{Share: 50}}, wire.ErrValue},
		"a step too long":      {wire.LogEntry{Time: at, Entry: &wire.PaddingEntry{Step: 65_537, Share: 50}}, wire.ErrValue},
		"before serial 0":      {wire.LogEntry{Time: at, Entry: &wire.ReserveEntry{}}, wire.ErrValue},
		"trust list 0":         {wire.LogEntry{Time: at, Entry: &wire.TrustEntry{}}, wire.ErrValue},
		"a depot never issued": {wire.LogEntry{Time: at, Entry: &wire.DepotRevokeEntry{Reason: wire.ReasonNeverIssued}}, wire.ErrValue},
		"no padding":           {wire.LogEntry{Time: at, Entry: &wire.PaddingEntry{}}, nil},
		"reason 10":            {wire.LogEntry{Time: at, Entry: &wire.RevokeEntry{Effective: at, Reason: 10}}, wire.ErrValue},
		"a suspended depot":    {wire.LogEntry{Time: at, Entry: &wire.DepotRevokeEntry{Reason: wire.ReasonSuspended}}, wire.ErrValue},
		"no effective time":    {wire.LogEntry{Time: at, Entry: &wire.RevokeEntry{Reason: 1}}, wire.ErrTime},
		"effective by half":    {wire.LogEntry{Time: at, Entry: &wire.RevokeEntry{Reason: 1, Effective: at.Add(time.Second / 2)}}, wire.ErrTime},
		"no outcome":           {wire.LogEntry{Time: at, Entry: &wire.DrillEntry{}}, wire.ErrValue},
		"outcome 4":            {wire.LogEntry{Time: at, Entry: &wire.DrillEntry{Outcome: 4}}, wire.ErrValue},
		"no action":            {wire.LogEntry{Time: at, Entry: &wire.DecideEntry{}}, wire.ErrValue},
		"17 letters":           {wire.LogEntry{Time: at, Entry: &wire.DecideEntry{Action: "abcdefghijklmnopq"}}, wire.ErrValue},
		"action in capitals":   {wire.LogEntry{Time: at, Entry: &wire.DecideEntry{Action: "Revoke"}}, wire.ErrValue},
		"too long a log":       {wire.LogEntry{Time: at, Entry: &wire.ReopenEntry{Size: 1 << 63}}, wire.ErrValue},
		"everything is in it":  {wire.LogEntry{Time: at, Entry: &wire.RevokeEntry{Reason: wire.ReasonSuspended, Effective: at}}, nil},
		"the last of the keys": {wire.LogEntry{Time: at, Entry: &wire.IssueEntry{Address: bus(t), Count: 64}}, nil},
	} {
		if _, err := c.entry.Marshal(); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestKeysHashByHand(t *testing.T) {
	a, b := fill[[32]byte](0xaa), fill[[32]byte](0xbb)
	in := append([]byte("\x00\x0emarque/v1/keys"), a[:]...)
	in = append(in, b[:]...)
	if got, want := wire.KeysHash([][32]byte{a, b}), sha256.Sum256(in); got != want {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestPeekIssueSaysWhatParsingSays(t *testing.T) {
	for _, e := range entries(t) {
		at, ok := wire.PeekIssue(must((&wire.LogEntry{Time: founded, Entry: e}).Marshal())(t))
		if _, issue := e.(*wire.IssueEntry); ok != issue || ok && !at.Equal(founded) {
			t.Errorf("%T: %v %v", e, ok, at)
		}
	}
	if _, ok := wire.PeekIssue([]byte{0x83, 1}); ok {
		t.Error("two octets are an entry")
	}
}
