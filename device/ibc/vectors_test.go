package ibc_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	bls "github.com/cloudflare/circl/ecc/bls12381"

	"marque/device/ibc"
)

var update = flag.Bool("update", false, "write tests/vectors/ibc anew; say why in the commit")

const vectorDir = "../../tests/vectors/ibc"

// vector is one file: a whole realm's arithmetic from a stated seed, with every
// random octet stated too. All values are lower-case hexadecimal.
type vector struct {
	Comment    string `json:"comment"`
	Expect     string `json:"expect"` // ok, or what a verifier must answer
	Seed       string `json:"seed"`
	RandomByte byte   `json:"random_octet"` // every random octet has this value
	Core       string `json:"core_hash"`
	Address    string `json:"address"`
	Epoch      uint32 `json:"epoch"`
	X          string `json:"x_public"`
	Z          string `json:"z_public"`
	ID         string `json:"id"`
	U          string `json:"enrolment_public"`
	Partial    string `json:"partial_key"`
	Private    string `json:"private_key"`
	KeyRef     string `json:"keyref"`
	Context    string `json:"context"`
	Message    string `json:"message"`
	Signature  string `json:"signature"`
	Mode       byte   `json:"mode"`
	Bind       string `json:"bind"`
	ColdU      string `json:"cold_u"`
	ColdGT     string `json:"cold_gt"` // GT(K)
	ColdKey    string `json:"cold_key"`
	WarmE      string `json:"warm_e"`
	WarmKey    string `json:"warm_key"`

	// to several: this identity, and the same at Second
	Second     string `json:"second_address"`
	ContentKey string `json:"several_content_key"`
	AllU       string `json:"several_cold_u"`
	AllCold    string `json:"several_cold_keys"` // one after the other
	AllE       string `json:"several_warm_e"`
	AllWarm    string `json:"several_warm_keys"`
}

// compute fills in everything that follows from the inputs. The device seals to
// itself, which the mathematics does not mind.
func (v *vector) compute(t *testing.T) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rnd := repeat(v.RandomByte)
	m, err := ibc.NewMaster(unhex(t, v.Seed))
	must(err)
	x, z := m.Params().X(), m.Params().Z()
	v.X, v.Z = hex.EncodeToString(x[:]), hex.EncodeToString(z[:])
	id := ibc.Identity{Core: [32]byte(unhex(t, v.Core)), Address: v.Address, Epoch: v.Epoch}
	v.ID = hex.EncodeToString(id.Encode())
	u, err := ibc.NewEnrolmentKey(rnd)
	must(err)
	pub := u.Public()
	v.U = hex.EncodeToString(pub[:])
	partial, err := m.Extract(rnd, id, pub)
	must(err)
	v.Partial = hex.EncodeToString(partial.Bytes())
	k, err := u.Complete(m.Params(), id, partial)
	must(err)
	v.Private = hex.EncodeToString(k.Bytes())
	ref := k.Public().Reference()
	v.KeyRef = hex.EncodeToString(ref[:])
	sig, err := k.Sign(rnd, v.Context, unhex(t, v.Message))
	must(err)
	v.Signature = hex.EncodeToString(sig[:])
	seal := ibc.Seal{Mode: v.Mode, Context: v.Context, Bind: unhex(t, v.Bind)}
	cu, ck, err := k.EncapsulateCold(rnd, ibc.NewRecipient(m.Params(), id), seal)
	must(err)
	v.ColdU, v.ColdKey = hex.EncodeToString(cu[:]), hex.EncodeToString(ck[:])
	var g1 bls.G1
	var g2 bls.G2
	must(g1.SetBytes(cu[:]))
	must(g2.SetBytes(k.Bytes()[64:]))
	gt, err := bls.Pair(&g1, &g2).MarshalBinary()
	must(err)
	v.ColdGT = hex.EncodeToString(gt)
	we, wk, err := k.EncapsulateWarm(rnd, k.Public(), seal)
	must(err)
	v.WarmE, v.WarmKey = hex.EncodeToString(we[:]), hex.EncodeToString(wk[:])
	must(v.computeSeveral(t, m, k, seal))
}

// computeSeveral seals to two: the device itself, and a second one that was enrolled with the same randomness.
func (v *vector) computeSeveral(t *testing.T, m *ibc.Master, k *ibc.PrivateKey, seal ibc.Seal) error {
	t.Helper()
	rnd := repeat(v.RandomByte)
	id := k.Identity()
	id.Address = v.Second
	u, err := ibc.NewEnrolmentKey(rnd)
	if err != nil {
		return err
	}
	partial, err := m.Extract(rnd, id, u.Public())
	if err != nil {
		return err
	}
	second, err := u.Complete(m.Params(), id, partial)
	if err != nil {
		return err
	}
	cek, err := k.ContentKey(rnd, []ibc.Identity{k.Identity(), id}, seal)
	if err != nil {
		return err
	}
	cu, cold, err := k.EncapsulateColdAll(rnd, []*ibc.Recipient{ibc.NewRecipient(m.Params(), k.Identity()), ibc.NewRecipient(m.Params(), id)}, seal)
	if err != nil {
		return err
	}
	we, warm, err := k.EncapsulateWarmAll(rnd, []*ibc.PublicKey{k.Public(), second.Public()}, seal)
	if err != nil {
		return err
	}
	v.ContentKey, v.AllU, v.AllE = hex.EncodeToString(cek[:]), hex.EncodeToString(cu[:]), hex.EncodeToString(we[:])
	v.AllCold = hex.EncodeToString(append(cold[0][:], cold[1][:]...))
	v.AllWarm = hex.EncodeToString(append(warm[0][:], warm[1][:]...))
	return nil
}

// check verifies what the file says as a stranger would, from public values only.
func (v *vector) check(t *testing.T) {
	t.Helper()
	p, err := ibc.NewParams([32]byte(unhex(t, v.X)), [48]byte(unhex(t, v.Z)))
	if err != nil {
		t.Fatal(err)
	}
	id := ibc.Identity{Core: [32]byte(unhex(t, v.Core)), Address: v.Address, Epoch: v.Epoch}
	k, err := ibc.NewPublicKey(p, id, [32]byte(unhex(t, v.Partial)[:32]))
	if err != nil {
		t.Fatal(err)
	}
	err = k.Verify(v.Context, unhex(t, v.Message), [64]byte(unhex(t, v.Signature)))
	if (v.Expect == "ok") != (err == nil) {
		t.Errorf("expected %q, verification says %v", v.Expect, err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectorInputs() map[string]vector {
	base := vector{
		Expect: "ok", Seed: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", RandomByte: 0x5a,
		Core:    "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf",
		Address: "//fleet.example/Sbus-4711~17", Epoch: 42, Context: "marque/v1/broadcast", Message: "68656c6c6f", Mode: 0x13, Bind: "00",
		Second: "//fleet.example/Sbus-4712~18",
	}
	plain, empty, last := base, base, base
	plain.Comment = "a short message"
	empty.Comment, empty.Message, empty.Context, empty.Bind, empty.RandomByte = "empty message, context and bind", "", "", "", 1
	last.Comment, last.Epoch, last.Address, last.Mode = "last epoch, application below a CSE", 1<<32-1, "//fleet.example/cse1/Cmeter~4294967295", 0x14
	return map[string]vector{"short.json": plain, "empty.json": empty, "last.json": last}
}

func writeVectors(t *testing.T) {
	t.Helper()
	for name, v := range vectorInputs() {
		v.compute(t)
		put(t, name, v)
		if name == "short.json" {
			bad := v
			bad.Comment, bad.Expect = "the same with the last bit of the message flipped", "signature does not verify"
			bad.Message = "68656c6c6e"
			put(t, "altered.json", bad)
			bad = v
			bad.Comment, bad.Expect = "A replaced by the identity, t by zero", "signature does not verify"
			bad.Signature = hex.EncodeToString(make([]byte, 64))
			put(t, "identity.json", bad)
		}
	}
}

func put(t *testing.T, name string, v vector) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(vectorDir, name), append(b, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d vectors found in %s (%v)", len(files), vectorDir, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&v); err != nil {
				t.Fatal(err)
			}
			v.check(t)
			if v.Expect != "ok" {
				return
			}
			again := v
			again.compute(t)
			if again != v {
				t.Errorf("the computation gives other values than the file:\n%+v\n%+v", again, v)
			}
		})
	}
}
