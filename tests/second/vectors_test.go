package second

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// replay reads every vector of a folder and gives it to test.
func replay[T any](t *testing.T, folder string, least int, test func(t *testing.T, v *T)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../vectors", folder, "*.json"))
	if err != nil || len(files) < least {
		t.Fatalf("%d vectors in %s, %v", len(files), folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v := new(T)
			if err := json.Unmarshal(b, v); err != nil {
				t.Fatal(err)
			}
			test(t, v)
		})
	}
}

// key is what tests/vectors/ibc states about one identity.
type key struct {
	Expect    string `json:"expect"`
	Core      string `json:"core_hash"`
	Address   string `json:"address"`
	Epoch     uint32 `json:"epoch"`
	X         string `json:"x_public"`
	ID        string `json:"id"`
	U         string `json:"enrolment_public"`
	Partial   string `json:"partial_key"`
	Private   string `json:"private_key"`
	Ref       string `json:"keyref"`
	Context   string `json:"context"`
	Message   string `json:"message"`
	Signature string `json:"signature"`
	ColdU     string `json:"cold_u"`
	ColdGT    string `json:"cold_gt"`
	ColdKey   string `json:"cold_key"`
	WarmE     string `json:"warm_e"`
	WarmKey   string `json:"warm_key"`
}

func same(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if !bytes.Equal(got, unhex(want)) {
		t.Errorf("%s is %x, the vector says %s", what, got, want)
	}
}

func hexOf(p point) string { return hex.EncodeToString(p.encode()) }

// Issuing, completion, signatures, and both encapsulations, from the receiver's side.
func TestKeys(t *testing.T) {
	replay(t, "ibc", 5, func(t *testing.T, v *key) {
		id := identity{unhex(v.Core), v.Address, v.Epoch}
		x, partial, private := unhex(v.X), unhex(v.Partial), unhex(v.Private)
		r, s, y, d := partial[:32], partial[32:64], private[32:64], private[64:]
		same(t, "id", id.encode(), v.ID)
		same(t, "keyref", keyref(id, r), v.Ref)
		if err := verify(x, r, id, v.Context, unhex(v.Message), unhex(v.Signature)); (err == nil) != (v.Expect == "ok") {
			t.Errorf("expected %s: %v", v.Expect, err)
		}
		u, ok := decode(unhex(v.U))
		xp, ok2 := decode(x)
		rp, ok3 := decode(r)
		if !ok || !ok2 || !ok3 {
			t.Fatal("a point is not one")
		}
		hx := xp.times(issued(x, r, id))
		same(t, "sB", base.times(little(s)).encode(), hexOf(rp.plus(u.minus()).plus(hx)))
		same(t, "yB", base.times(little(y)).encode(), hexOf(rp.plus(hx)))
		gt, ok := pairing(unhex(v.ColdU), d)
		if !ok {
			t.Fatal("no pairing")
		}
		same(t, "GT(K)", gt, v.ColdGT)
		same(t, "cold key", coldKey(gt, id, unhex(v.ColdU), v.Context), v.ColdKey)
		warm, _ := warmKey(y, unhex(v.WarmE), id, r, v.Context)
		same(t, "warm key", warm, v.WarmKey)
	})
}
