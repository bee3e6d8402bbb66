package authority_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"marque/authority"
	"marque/device/wire"
)

func parsed(t testing.TB, s string) wire.Address {
	t.Helper()
	a, err := wire.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func terms() authority.PolicyTerms {
	return authority.PolicyTerms{Past: 5 * time.Minute, Future: 30 * time.Second, NextUpdate: 7 * 24 * time.Hour, HardExpiry: 28 * 24 * time.Hour}
}

type marshaler interface{ Marshal() ([]byte, error) }

// samples are payloads with their actions.
func samples(t testing.TB) map[string]sample {
	t.Helper()
	shorter := terms()
	shorter.NextUpdate, shorter.Past = 36*time.Hour, 90*time.Second
	one, two := parsed(t, "//fleet.example/Sbus-1~0"), parsed(t, "//fleet.example/depot/Cmeter~18")
	return map[string]sample{
		"revoke":  {authority.ActionRevoke, &authority.RevokePayload{Addresses: []wire.Address{one}, Reason: wire.ReasonKeyCompromise}},
		"batch":   {authority.ActionBatch, &authority.RevokePayload{Addresses: []wire.Address{one, two}, Reason: wire.ReasonLost, Effective: noon}},
		"undo":    {authority.ActionUndo, &authority.UndoPayload{Addresses: []wire.Address{one}}},
		"undos":   {authority.ActionUndoMany, &authority.UndoPayload{Addresses: []wire.Address{one, two}, Together: true}},
		"suspend": {authority.ActionRevoke, &authority.RevokePayload{Addresses: []wire.Address{one}, Reason: wire.ReasonSuspended}},
		"release": {authority.ActionRelease, &authority.ReleasePayload{Addresses: []wire.Address{one, two}}},
		"policy":  {authority.ActionPolicy, &authority.PolicyPayload{Sequence: 2, Old: terms(), New: shorter}},
		"padding": {authority.ActionPadding, &authority.PaddingPayload{Old: authority.Padding{Step: 8, Share: 300}, New: authority.Padding{Step: 64, Share: 50}}},
		"trust":   {authority.ActionTrust, &authority.TrustPayload{Realm: "ferries.example", Old: authority.TrustedCore{Hash: [32]byte{6}}, Core: foreign(t)}},
		"untrust": {authority.ActionTrust, &authority.TrustPayload{Realm: "ferries.example", Old: authority.TrustedCore{Hash: [32]byte{6}, Hybrid: true}}},
		"clock":   {authority.ActionClock, &authority.ClockPayload{Time: noon}},
		"reopen":  {authority.ActionRestore, authority.NewReopenPayload([][]byte{{1}, {2, 3}}, [][]byte{{4}})},
		"officers": {authority.ActionOfficers, &authority.OfficersPayload{Was: 1, Needed: 2, Officers: []authority.OfficerChange{
			{Name: "Anna", Was: authority.SecurityOfficer, Now: authority.SecurityOfficer},
			{Name: "Bo", Was: authority.SecurityOfficer, Now: authority.SecurityOfficer | authority.DepotOperator, New: true},
			{Name: "Cy", Was: authority.DepotOperator},
			{Name: "Éva", Now: authority.Auditor, New: true},
		}}},
		"platform": {authority.ActionPlatform, &authority.PlatformPayload{Bound: 300, Digest: [32]byte{1}, PCRs: []authority.PCR{{Index: 0}, {Index: 11, Digest: [32]byte{2}}}}},
		"retire":   {authority.ActionPlatform, &authority.PlatformPayload{Retire: true, Bound: 301}},
		"depot":    {authority.ActionDepot, &authority.DepotPayload{Name: "depot-south", Key: depotKey(1), Registration: [32]byte{5}}},
		"undepot":  {authority.ActionDepotRevoke, &authority.DepotRevokePayload{Name: "depot-south", Key: depotKey(1), Reason: wire.ReasonStolen}},
		"recovery": {authority.ActionRecovery, &authority.SeedPayload{Core: [32]byte{3}}},
		"rotation": {authority.ActionRotation, &authority.SeedPayload{Core: [32]byte{4}}},
	}
}

// foreign is the encoded core of another realm, always the same: its points are the generators, its statement key is that of the seed zero.
func foreign(t testing.TB) []byte {
	t.Helper()
	core := &wire.Core{
		Realm: "ferries.example", Generation: 1, SPIDs: []string{"boats.example", "ferries.example"}, Epoch0: noon, EpochLength: time.Hour,
		StatementKey: [32]byte(ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)),
	}
	x := must(hex.DecodeString("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
	z := must(hex.DecodeString("97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"))
	core.X, core.Z = [32]byte(x), [48]byte(z)
	return must(core.Marshal())
}

type sample struct {
	action  authority.Action
	payload marshaler
}

// What was decided and filed once has to be read for ever, and officers get used to its words.
func TestPayloadsOfOld(t *testing.T) {
	zero := strings.Repeat("00", 31)
	for name, want := range map[string]struct {
		encoding string
		words    []string
	}{
		"revoke": {"84018178182f2f666c6565742e6578616d706c652f536275732d317e300200", []string{
			"Revoke 1 identity for ever", "reason: key compromise", "takes effect: when this is decided", "1. //fleet.example/Sbus-1~0",
		}},
		"batch": {"84018278182f2f666c6565742e6578616d706c652f536275732d317e30781f2f2f666c6565742e6578616d706c652f6465706f742f436d657465727e3138031a69a57bc0", []string{
			"Revoke 2 identities for ever", "reason: lost", "takes effect: 2026-03-02 12:00:00 UTC",
			"1. //fleet.example/Sbus-1~0", "2. //fleet.example/depot/Cmeter~18",
		}},
		"undo": {"82018178182f2f666c6565742e6578616d706c652f536275732d317e30", []string{
			"Take back the revocation of 1 identity", "no list has it yet: nobody hears of it", "1. //fleet.example/Sbus-1~0",
		}},
		"undos": {"82018278182f2f666c6565742e6578616d706c652f536275732d317e30781f2f2f666c6565742e6578616d706c652f6465706f742f436d657465727e3138", []string{
			"Take back the revocation of 2 identities", "no list has it yet: nobody hears of it", "1. //fleet.example/Sbus-1~0", "2. //fleet.example/depot/Cmeter~18",
		}},
		"suspend": {"84018178182f2f666c6565742e6578616d706c652f536275732d317e300800", []string{
			"Suspend 1 identity until it is released", "takes effect: when this is decided", "1. //fleet.example/Sbus-1~0",
		}},
		"release": {"82018278182f2f666c6565742e6578616d706c652f536275732d317e30781f2f2f666c6565742e6578616d706c652f6465706f742f436d657465727e3138", []string{
			"Release 2 identities from suspension", "they count as valid again where the next list arrives", "1. //fleet.example/Sbus-1~0", "2. //fleet.example/depot/Cmeter~18",
		}},
		"policy": {"840102850019012c181e1a00093a801a0024ea008500185a181e1a0001fa401a0024ea00", []string{
			"Replace the realm's policy by number 2", "a message may be old: from 5 minutes to 90 seconds", "a message may be ahead of the clock: stays 30 seconds",
			"a list goes stale after: from 7 days to 36 hours", "a list is refused after: stays 28 days", "sessions also use ML-KEM: stays no",
		}},
		"padding": {"8301820819012c8218401832", []string{
			"Change how revocation lists are padded", "until now: to a multiple of 8 serials, about one in 300 being given to nobody",
			"from now on: to a multiple of 64 serials, about one in 50 being given to nobody",
		}},
		"trust": {"86016f666572726965732e6578616d706c65582006" + zero + "0058b2" + hex.EncodeToString(foreign(t)) + "00", []string{
			"Trust the realm ferries.example", "its vehicles and those of this realm talk to each other; who belongs to it, its own authority says",
			"its domains: boats.example, ferries.example", "its core: 2f27bf8e7154989182d32235629db154ee4b7b2f6df1d7ea14fcaeccb75b896b, generation 1",
			"sessions also use ML-KEM: no", "until now: core 06" + zero + ", sessions also use ML-KEM: no",
		}},
		"untrust": {"86016f666572726965732e6578616d706c6558" + "2006" + zero + "014000", []string{
			"Trust the realm ferries.example no more", "until now: core 06" + zero + ", sessions also use ML-KEM: yes",
		}},
		"clock": {"82011a69a57bc0", []string{"Confirm the clock, compared with another one", "the present time was: 2026-03-02 12:00:00 UTC"}},
		"reopen": {"8401020158206059ae231644ef69e80c339d35cd4fe3b9db98cc015ccf3b6634db9562b00e02", []string{
			"Reopen the restored or rolled back database: serials jump, the lists begin a new generation",
			"to be merged: 2 lists and 1 checkpoint", "fingerprint of these: 6059ae231644ef69e80c339d35cd4fe3b9db98cc015ccf3b6634db9562b00e02",
		}},
		"officers": {"840101028484" + "64416e6e61010100" + "8462426f010301" + "846243790200" + "00" + "8464c389766100" + "0401", []string{
			"Change the officers; the vault is sealed anew", "unlock: from 1 of 2 security officers to 2 of 2",
			"Anna: stays security officer, keeps the key", "Bo: from security officer to security officer and depot operator, with a new key",
			"Cy: is dismissed, was depot operator", "Éva: becomes auditor, with a new key",
		}},
		"platform": {"85010019012c582001" + zero + "8282005820" + "00" + zero + "820b582002" + zero, []string{
			"Approve the platform that runs, so that the vault opens on it", "with bound: 300", "digest to be signed: 01" + zero, "PCR 0: 00" + zero, "PCR 11: 02" + zero,
		}},
		"retire": {"85010119012d582000" + zero + "80", []string{
			"Retire the platforms that were approved until now, except the one that runs", "approvals hold from now on with bound: 301",
		}},
		"recovery": {"8201582003" + zero, []string{"Recover the master secret from its backup cards", "core: 03" + zero}},
		"rotation": {"8201582004" + zero, []string{"Rotate to the next core, with the master secret from its cards", "core: 04" + zero}},
	} {
		s := samples(t)[name]
		b := marshal(t, s.payload)
		words, err := authority.Words(s.action, b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := hex.EncodeToString(b); got != want.encoding {
			t.Errorf("%s is %s", name, got)
		}
		if !reflect.DeepEqual(words, want.words) {
			t.Errorf("%s says %q", name, words)
		}
	}
}

// Each field stands in the digest and in the words.
func TestEveryFieldIsApproved(t *testing.T) {
	c := newCouncil(t, 2)
	for name, s := range samples(t) {
		b := marshal(t, s.payload)
		words, err := authority.Words(s.action, b)
		if err != nil {
			t.Fatal(err)
		}
		p := c.propose("Anna", s.action, b)
		request := c.request(p)
		changed := 0
		mutations(reflect.ValueOf(s.payload).Elem(), func(field string) {
			other, err := s.payload.Marshal()
			if err != nil || bytes.Equal(other, b) {
				return // the change makes no payload
			}
			changed++
			q := c.propose("Anna", s.action, other)
			if q.Payload == p.Payload {
				t.Errorf("%s: %s is not in the digest", name, field)
			}
			if _, err := c.table.Open(c.roster, c.core, q, other, request); !errors.Is(err, authority.ErrApproval) {
				t.Errorf("%s: approved with another %s: %v", name, field, err)
			}
			if _, err := c.table.Open(c.roster, c.core, p, other, request); !errors.Is(err, authority.ErrPayload) {
				t.Errorf("%s: opened with another %s: %v", name, field, err)
			}
			if again, err := authority.Words(s.action, other); err == nil && reflect.DeepEqual(again, words) {
				t.Errorf("%s: %s is not in the words", name, field)
			}
		})
		if changed < reflect.TypeOf(s.payload).Elem().NumField()-1 {
			t.Errorf("%s: only %d fields were changed", name, changed)
		}
	}
}

// mutations changes one field after the other, below v, and changes it back.
func mutations(v reflect.Value, see func(field string)) { mutate(v, "", see) }

func mutate(v reflect.Value, path string, see func(string)) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	try := func(set func()) {
		set()
		see(path)
		v.Set(old)
	}
	switch x := v.Interface().(type) {
	case time.Time:
		try(func() { v.Set(reflect.ValueOf(noon.Add(-time.Hour))) })
		return
	case time.Duration:
		try(func() { v.SetInt(int64(x) + int64(time.Second)) })
		return
	case wire.Address:
		try(func() { v.Set(reflect.ValueOf(must(wire.ParseAddress("//fleet.example/Sother~3")))) })
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			mutate(v.Field(i), path+"."+v.Type().Field(i).Name, see)
		}
	case reflect.Slice:
		for i := range v.Len() {
			mutate(v.Index(i), fmt.Sprintf("%s[%d]", path, i), see)
		}
		try(func() { v.Set(v.Slice(0, max(0, v.Len()-1))) })
	case reflect.Array:
		try(func() { v.Index(31).SetUint(9) })
	case reflect.Bool:
		try(func() { v.SetBool(!v.Bool()) })
	case reflect.Int:
		try(func() { v.SetInt(v.Int() + 1) })
		try(func() { v.SetInt(v.Int() - 1) })
	case reflect.String:
		try(func() { v.SetString(v.String() + "x") })
	default:
		for n := range uint64(8) {
			try(func() { v.SetUint(n) })
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPayloadsThatCannotBeProposed(t *testing.T) {
	one, two := parsed(t, "//fleet.example/Sbus-1~0"), parsed(t, "//fleet.example/Sbus-2~1")
	same, zero, hard := terms(), terms(), terms()
	zero.Past, hard.HardExpiry = 0, time.Hour
	anna := authority.OfficerChange{Name: "Anna", Was: authority.SecurityOfficer, Now: authority.SecurityOfficer}
	with := func(o ...authority.OfficerChange) *authority.OfficersPayload {
		return &authority.OfficersPayload{Was: 1, Needed: 1, Officers: append([]authority.OfficerChange{anna}, o...)}
	}
	for name, p := range map[string]marshaler{
		"nobody":               &authority.RevokePayload{Reason: wire.ReasonLost},
		"no address":           &authority.RevokePayload{Addresses: []wire.Address{{}}, Reason: wire.ReasonLost},
		"twice":                &authority.RevokePayload{Addresses: []wire.Address{one, two, one}, Reason: wire.ReasonLost},
		"no reason":            &authority.RevokePayload{Addresses: []wire.Address{one}},
		"unknown reason":       &authority.RevokePayload{Addresses: []wire.Address{one}, Reason: 10},
		"too many":             &authority.RevokePayload{Addresses: make([]wire.Address, authority.MaxBatch+1), Reason: wire.ReasonLost},
		"parts of a second":    &authority.RevokePayload{Addresses: []wire.Address{one}, Reason: wire.ReasonLost, Effective: noon.Add(1)},
		"before 1970":          &authority.RevokePayload{Addresses: []wire.Address{one}, Reason: wire.ReasonLost, Effective: time.Unix(-1, 0)},
		"1970":                 &authority.RevokePayload{Addresses: []wire.Address{one}, Reason: wire.ReasonLost, Effective: time.Unix(0, 0)},
		"no change":            &authority.PolicyPayload{Sequence: 2, Old: terms(), New: same},
		"no number":            &authority.PolicyPayload{Old: terms(), New: hard},
		"term of zero":         &authority.PolicyPayload{Sequence: 2, Old: terms(), New: zero},
		"expiry before update": &authority.PolicyPayload{Sequence: 2, Old: terms(), New: hard},
		"year 10000":           &authority.ClockPayload{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"half a second":        &authority.ClockPayload{Time: noon.Add(time.Second / 2)},
		"many media":           &authority.ReopenPayload{Lists: 10_001},
		"fewer than none":      &authority.ReopenPayload{Checkpoints: -1},
		"no platform":          &authority.PlatformPayload{},
		"PCR 24":               &authority.PlatformPayload{PCRs: []authority.PCR{{Index: 24}}},
		"PCR -1":               &authority.PlatformPayload{PCRs: []authority.PCR{{Index: -1}}},
		"PCRs out of order":    &authority.PlatformPayload{PCRs: []authority.PCR{{Index: 4}, {Index: 2}}},
		"PCR twice":            &authority.PlatformPayload{PCRs: []authority.PCR{{Index: 4}, {Index: 4}}},
		"retired and approved": &authority.PlatformPayload{Retire: true, PCRs: []authority.PCR{{Index: 0}}},
		"retired with digest":  &authority.PlatformPayload{Retire: true, Digest: [32]byte{1}},
		"no officers":          &authority.OfficersPayload{Was: 1, Needed: 1},
		"none needed":          &authority.OfficersPayload{Was: 1, Officers: []authority.OfficerChange{anna}},
		"more than there are":  &authority.OfficersPayload{Was: 1, Needed: 2, Officers: []authority.OfficerChange{anna}},
		"more than there were": &authority.OfficersPayload{Was: 2, Needed: 1, Officers: []authority.OfficerChange{anna}},
		"name twice":           with(authority.OfficerChange{Name: "ANNA", Now: authority.Auditor, New: true}),
		"name with a line":     with(authority.OfficerChange{Name: "a\nb", Now: authority.Auditor, New: true}),
		"never an officer":     with(authority.OfficerChange{Name: "Bo"}),
		"new without a key":    with(authority.OfficerChange{Name: "Bo", Now: authority.Auditor}),
		"dismissed with a key": with(authority.OfficerChange{Name: "Bo", Was: authority.Auditor, New: true}),
		"auditor who approves": with(authority.OfficerChange{Name: "Bo", Now: 5, New: true}),
		"a crowd":              with(make([]authority.OfficerChange, 128)...),
	} {
		if b, err := p.Marshal(); !errors.Is(err, authority.ErrPayloadForm) {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
	if _, err := authority.NewOfficersPayload(newCouncil(t, 2).roster, 2, 2, []authority.Appointed{
		{Name: "Anna", Role: authority.SecurityOfficer}, {Name: "anna", Role: authority.Auditor, New: true},
	}); !errors.Is(err, authority.ErrPayloadForm) {
		t.Errorf("appointed twice: %v", err)
	}
}

func TestPayloadIsOfItsAction(t *testing.T) {
	all := samples(t)
	one, two := marshal(t, all["revoke"].payload), marshal(t, all["batch"].payload)
	for name, tc := range map[string]struct {
		action  authority.Action
		payload []byte
		want    error
	}{
		"one as a batch":   {authority.ActionBatch, one, authority.ErrPayloadForm},
		"two as one":       {authority.ActionRevoke, two, authority.ErrPayloadForm},
		"out of order":     {authority.ActionBatch, swapped(t, two), authority.ErrPayloadForm},
		"of another":       {authority.ActionClock, one, authority.ErrPayloadForm},
		"nothing":          {authority.ActionPolicy, nil, authority.ErrPayloadForm},
		"a megabyte":       {authority.ActionBatch, make([]byte, 1<<20), authority.ErrPayloadForm},
		"a release of one": {authority.ActionRelease, one, authority.ErrPayloadForm},
		"no such action":   {"coffee", one, authority.ErrAction},
		"another version":  {authority.ActionClock, []byte{0x82, 0x02, 0x00}, authority.ErrPayloadForm},
	} {
		if _, err := authority.Words(tc.action, tc.payload); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// swapped exchanges the two addresses of a batch, 26 and 33 octets long.
func swapped(t *testing.T, b []byte) []byte {
	t.Helper()
	out := append(bytes.Clone(b[:3]), b[29:62]...)
	return append(append(out, b[3:29]...), b[62:]...)
}

var actions = []authority.Action{
	authority.ActionRevoke, authority.ActionBatch, authority.ActionUndo, authority.ActionUndoMany, authority.ActionRelease, authority.ActionPolicy, authority.ActionPadding, authority.ActionClock, authority.ActionRestore,
	authority.ActionOfficers, authority.ActionRecovery, authority.ActionRotation, authority.ActionPlatform, authority.ActionDepot, authority.ActionDepotRevoke, "",
}

var parsers = []func(b []byte) (marshaler, error){
	func(b []byte) (marshaler, error) { return authority.ParseRevokePayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseUndoPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParsePolicyPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParsePaddingPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseClockPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseReopenPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseOfficersPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParsePlatformPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseSeedPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseDepotPayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseDepotRevokePayload(b) },
	func(b []byte) (marshaler, error) { return authority.ParseDecision(b) },
}

// FuzzPayload reads octets as every kind of payload, and as a decision: what is read is written the same, and its words are fit to be shown.
func FuzzPayload(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(marshal(f, s.payload))
	}
	f.Add([]byte{0x85, 1, 1, 0, 0x58, 0x20})
	f.Fuzz(func(t *testing.T, b []byte) {
		for i, parse := range parsers {
			p, err := parse(b)
			if err != nil {
				continue
			}
			if again, err := p.Marshal(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("parser %d read %x, wrote %x: %v", i, b, again, err)
			}
		}
		for _, action := range actions {
			words, err := authority.Words(action, b)
			if (err == nil) != (len(words) > 1) {
				t.Errorf("%q: %q, %v", action, words, err)
			}
			for _, line := range append(words, fmt.Sprint(err)) {
				if strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
					t.Errorf("%q: not printable: %q", action, line)
				}
			}
		}
	})
}

func FuzzDecision(f *testing.F) {
	d := &authority.Decision{
		Proposal: authority.Proposal{Action: authority.ActionClock, Time: noon}, Payload: []byte{0x82, 1, 0},
		Approvals: []authority.Approval{{Officer: [32]byte{1}}},
		Officers:  []authority.Officer{{Name: "Anna", Role: authority.SecurityOfficer, Key: [32]byte{5}}}, Strictest: 2,
	}
	f.Add(marshal(f, d))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := authority.ParseDecision(b)
		if err != nil {
			return
		}
		if again, err := d.Marshal(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("read %x, wrote %x: %v", b, again, err)
		}
		if d.Check([32]byte{1}, noon) == nil {
			t.Error("verified without a signature")
		}
	})
}
