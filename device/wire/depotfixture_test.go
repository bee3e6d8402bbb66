package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// depot is the key of the depot in all fixtures.
var depot = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0x0a}, 32))

func depotKey() [32]byte { return [32]byte(depot.Public().(ed25519.PublicKey)) }

// installed is when the device of the fixtures installed its package, in epoch 7.
var installed = founded.Add(7*28*24*time.Hour + time.Hour)

// private returns the device's key of an epoch.
func (r *realm) private(t testing.TB, epoch uint32) *ibc.PrivateKey {
	t.Helper()
	request, u := enrolment(t, "bus-471")
	id := must(r.core.Identity(bus(t), epoch))(t)
	partial := must(r.master.Extract(octets(0x07), id, request.U))(t)
	return must(u.Complete(r.master.Params(), id, partial))(t)
}

// receipt is what the device of enrolment("bus-471") answers its package with.
func (r *realm) receipt(t testing.TB, list wire.Order) *wire.Receipt {
	t.Helper()
	return r.receiptOf(t, bus(t), list, 0x0b)
}

// receiptOf also chooses the address and the next enrolment key.
func (r *realm) receiptOf(t testing.TB, address wire.Address, list wire.Order, next octets) *wire.Receipt {
	t.Helper()
	request, _ := enrolment(t, "bus-471")
	u := must(ibc.NewEnrolmentKey(next))(t)
	key := r.private(t, 7)
	out := &wire.Receipt{
		Ref: r.core.Ref(), Address: address, Sequence: 1, R: key.R(), List: list, Installed: installed, Time: installed.Add(time.Hour),
		U: u.Public(), HPKEKey: fill[[32]byte](0x0c),
	}
	hash := request.Hash()
	out.Proof = must(u.Prove(octets(0x0d), must(out.Next(request.Kind, hash).Body())(t)))(t)
	out.Sig = must(key.Sign(octets(0x0e), wire.ReceiptContext, must(out.Signed(hash))(t)))(t)
	return out
}

func (r *realm) registration() *wire.Registration {
	return &wire.Registration{Core: r.core.Hash(), Name: "depot-south", Key: depotKey(), Time: founded.Add(time.Hour)}
}

func (r *realm) handOver() wire.HandOver {
	return wire.HandOver{Core: r.core.Hash(), Name: "depot-south", Key: depotKey(), Sequence: 3, Time: founded.Add(2 * time.Hour)}
}

func (r *realm) batch(t testing.TB) *wire.Batch {
	t.Helper()
	b := &wire.Batch{HandOver: r.handOver()}
	for i, name := range []string{"bus-471", "bus-472"} {
		request, _ := enrolment(t, name)
		b.Requests = append(b.Requests, wire.Confirmed{Request: must(request.Marshal())(t), At: founded.Add(time.Duration(i) * time.Minute)})
	}
	return b
}

func (r *realm) receipts(t testing.TB) *wire.Receipts {
	t.Helper()
	one := must(r.receipt(t, wire.Order{Generation: 1, Base: 1, Sequence: 3}).Marshal())(t)
	return &wire.Receipts{HandOver: r.handOver(), Receipts: [][]byte{one}}
}

// told are receipts, or none, of a depot that says which list it has.
func (r *realm) told(t testing.TB, some bool) *wire.Receipts {
	t.Helper()
	out := &wire.Receipts{HandOver: r.handOver(), List: wire.Order{Generation: 1, Base: 2, Sequence: 30}}
	if some {
		out.Receipts = r.receipts(t).Receipts
	}
	return out
}

func (r *realm) manifest() *wire.Manifest {
	return &wire.Manifest{Core: r.core.Hash(), Time: founded.Add(time.Hour), Files: []wire.File{
		{Path: "bus-471~17.mqp", Size: 3_000, Hash: fill[[32]byte](0x71)},
		{Path: "lists/list-3.mql", Size: 400, Hash: fill[[32]byte](0x72)},
	}}
}

// handedOver returns what a depot signs.
func (r *realm) handedOver(t testing.TB) map[wire.Type]object {
	t.Helper()
	realm := r.core.Realm
	return map[wire.Type]object{
		wire.TypeDepot: {[][]byte{must(wire.SignRegistration(depot, realm, r.registration()))(t)}, func(b []byte) ([]byte, error) {
			v, err := wire.OpenRegistration(b, r.core)
			if err != nil {
				return nil, err
			}
			return wire.SignRegistration(depot, realm, v)
		}},
		wire.TypeBatch: {[][]byte{must(wire.SignBatch(depot, realm, r.batch(t)))(t)}, func(b []byte) ([]byte, error) {
			v, err := wire.OpenBatch(b, r.core)
			if err != nil {
				return nil, err
			}
			return wire.SignBatch(depot, realm, v)
		}},
		wire.TypeReceipts: {[][]byte{must(wire.SignReceipts(depot, realm, r.receipts(t)))(t)}, func(b []byte) ([]byte, error) {
			v, err := wire.OpenReceipts(b, r.core)
			if err != nil {
				return nil, err
			}
			return wire.SignReceipts(depot, realm, v)
		}},
	}
}

func TestReceipt(t *testing.T) {
	r := newRealm(t)
	request, _ := enrolment(t, "bus-471")
	receipt := r.receipt(t, wire.Order{Generation: 1, Base: 1, Sequence: 3})
	b := must(receipt.Marshal())(t)
	if len(b) > 300 {
		t.Errorf("%d octets do not fit one code", len(b))
	}
	t.Logf("%d octets, %d characters", len(b), len(wire.ReceiptText(b)))
	next := must(receipt.Verify(r.core, request.Kind, request.Hash()))(t)
	if next.U != receipt.U || next.HPKEKey != receipt.HPKEKey || next.Name != "bus-471" || next.Kind != request.Kind || next.Hash() == request.Hash() {
		t.Errorf("the next request is %+v", next)
	}
	verify := func(b []byte) error {
		parsed, err := wire.ParseReceipt(b)
		if err == nil {
			_, err = parsed.Verify(r.core, request.Kind, request.Hash())
		}
		return err
	}
	for i := range 8 * len(b) {
		if verify(flipped(b, i)) == nil {
			t.Errorf("bit %d of octet %d flipped, and accepted", i%8, i/8)
		}
	}
	for i := range b {
		if verify(b[:i]) == nil {
			t.Errorf("cut to %d octets, and accepted", i)
		}
	}
	other, _ := enrolment(t, "bus-472")
	if _, err := receipt.Verify(r.core, request.Kind, other.Hash()); !isErr(err, wire.ErrSignature) {
		t.Errorf("for another request: %v", err)
	}
	if _, err := receipt.Verify(r.core, wire.KindApplication, request.Hash()); !isErr(err, wire.ErrProof) {
		t.Errorf("for another kind: %v", err)
	}
	foreign := *r.core
	foreign.Generation++
	if _, err := receipt.Verify(&foreign, request.Kind, request.Hash()); !isErr(err, wire.ErrRealm) {
		t.Errorf("in another realm: %v", err)
	}
	if same := r.receipt(t, wire.Order{}); !same.SameNext(receipt) {
		t.Error("another list made other keys of it")
	}
	if r.receiptOf(t, bus(t), receipt.List, 0x0f).SameNext(receipt) {
		t.Error("other keys are the same")
	}
}

func TestLongestReceipt(t *testing.T) {
	r := newRealm(t)
	longest := must(wire.ParseAddress("//fleet.example/" + strings.Repeat("c", 229) + "/Ca~429496"))(t)
	receipt := r.receiptOf(t, longest, wire.Order{Generation: 1<<32 - 1, Base: 1<<32 - 1, Sequence: 1<<32 - 1}, 0x0b)
	receipt.Sequence, receipt.Installed, receipt.Time = 1<<32-1, time.Unix(253402300799, 0), time.Unix(253402300799, 0)
	b := must(receipt.Marshal())(t)
	if len(b) != wire.MaxReceipt {
		t.Errorf("%d octets, not %d", len(b), wire.MaxReceipt)
	}
	must(wire.ParseReceipt(b))(t)
}

func TestReceiptTexts(t *testing.T) {
	r := newRealm(t)
	b := must(r.receipt(t, wire.Order{}).Marshal())(t)
	registration := must(wire.SignRegistration(depot, r.core.Realm, r.registration()))(t)
	head := must((&wire.Checkpoint{Core: r.core.Hash(), Size: 7, Time: r.core.Epoch0}).Marshal())(t)
	checkpoint := r.sign(t, wire.TypeCheckpoint, head)
	for name, c := range map[string]struct {
		octets []byte
		write  func([]byte) string
		read   func(string) ([]byte, error)
		found  wire.Found
	}{
		"receipt":      {b, wire.ReceiptText, wire.ParseReceiptText, wire.FoundReceiptText},
		"checkpoint":   {checkpoint, wire.CheckpointText, wire.ParseCheckpointText, wire.FoundHeadText},
		"registration": {registration, wire.RegistrationText, wire.ParseRegistrationText, wire.FoundDepotText},
	} {
		text := c.write(c.octets)
		if again, err := c.read(text); err != nil || !bytes.Equal(again, c.octets) || wire.Sniff([]byte(text)) != c.found {
			t.Errorf("%s: %v", name, err)
		}
		for i := range text {
			for _, swap := range []byte("AQ2 ") {
				v := []byte(text)
				if v[i] == swap {
					continue
				}
				v[i] = swap
				if _, err := c.read(string(v)); err == nil {
					t.Errorf("%s: character %d changed to %q, and accepted", name, i, swap)
				}
			}
		}
		if _, err := c.read(text + "A"); err == nil {
			t.Errorf("%s: a character more was accepted", name)
		}
	}
}

func TestDepotStatementsAreNotTheAuthoritys(t *testing.T) {
	r := newRealm(t)
	payload := must(r.batch(t).Marshal())(t)
	signed := r.sign(t, wire.TypeBatch, payload) // by the statement key, and not by the one that it states
	if _, err := wire.OpenBatch(signed, r.core); !isErr(err, wire.ErrSignature) {
		t.Errorf("signed by the authority: %v", err)
	}
	if _, err := wire.SignBatch(r.key, r.core.Realm, r.batch(t)); !isErr(err, wire.ErrStatementKey) {
		t.Errorf("signed by another key: %v", err)
	}
	other := r.registration()
	other.Core[0] ^= 1
	b := must(wire.SignRegistration(depot, r.core.Realm, other))(t)
	if _, err := wire.OpenRegistration(b, r.core); !isErr(err, wire.ErrRealm) {
		t.Errorf("of another core: %v", err)
	}
	manifest := must(wire.SignStatement(depot, wire.TypeManifest, r.core.Realm, must(r.manifest().Marshal())(t)))(t)
	if _, err := wire.OpenManifest(manifest, r.core); !isErr(err, wire.ErrSignature) {
		t.Errorf("a manifest by a depot: %v", err)
	}
}

func TestManifestPaths(t *testing.T) {
	r := newRealm(t)
	for _, path := range []string{"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\\b", "c:a", "a\nb", "a\u202eb", "a\xff", strings.Repeat("a", 256)} {
		m := r.manifest()
		m.Files[0].Path = path
		wire.SortFiles(m.Files)
		if _, err := m.Marshal(); !isErr(err, wire.ErrName) {
			t.Errorf("%q: %v", path, err)
		}
	}
	m := r.manifest()
	m.Files[1] = m.Files[0]
	if _, err := m.Marshal(); !isErr(err, wire.ErrValue) {
		t.Errorf("twice: %v", err)
	}
	m.Files = nil
	if _, err := m.Marshal(); !isErr(err, wire.ErrValue) {
		t.Errorf("empty: %v", err)
	}
}

func TestFullBatch(t *testing.T) {
	r := newRealm(t)
	b := r.batch(t)
	for len(b.Requests) < wire.MaxBatchItems {
		b.Requests = append(b.Requests, b.Requests[0])
	}
	signed := must(wire.SignBatch(depot, r.core.Realm, b))(t)
	got := must(wire.OpenBatch(signed, r.core))(t)
	if len(got.Requests) != wire.MaxBatchItems {
		t.Errorf("%d requests", len(got.Requests))
	}
	b.Requests = append(b.Requests, b.Requests[0])
	if _, err := b.Marshal(); !isErr(err, wire.ErrValue) {
		t.Errorf("one more: %v", err)
	}
}
